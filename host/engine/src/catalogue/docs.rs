//! The doc comment of a function, taken apart.

use serde::Serialize;

/// What a doc comment says: a summary, and the sections `# Errors`, `# Example`, `# Since`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Docs {
    /// The first paragraph.
    pub summary: String,
    /// What follows it, before the sections.
    pub details: String,
    /// Which errors scripts can catch, and when they come. `# Errors` may also just say `None.`
    pub errors: Vec<ErrorDoc>,
    /// The scripts under `# Example`.
    pub examples: Vec<String>,
    /// The first version that has it.
    pub since: Option<String>,
    /// What stands under `# Signature`, for functions whose types nothing else tells.
    #[serde(skip)]
    pub(super) signature: Option<String>,
    /// The headings, as found.
    #[serde(skip)]
    pub(super) sections: Vec<String>,
}

/// When an error comes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ErrorDoc {
    /// The code, as written.
    pub code: String,
    /// The text after it.
    pub when: String,
}

/// Takes apart the lines of a doc comment, with or without their `///`.
pub(super) fn parse(comment: &str) -> Docs {
    let mut docs = Docs::default();
    let mut section = String::new();
    let mut body = String::new();
    let mut fenced = false;
    for line in comment.lines().map(bare) {
        fenced ^= line.trim_start().starts_with("```");
        match line.strip_prefix("# ") {
            Some(heading) if !fenced => {
                docs.add(&section, &body);
                section = heading.trim().to_owned();
                docs.sections.push(section.clone());
                body.clear();
            }
            _ => {
                body.push_str(line);
                body.push('\n');
            }
        }
    }
    docs.add(&section, &body);
    docs
}

impl Docs {
    fn add(&mut self, section: &str, body: &str) {
        let body = body.trim();
        match section {
            "" => {
                let (summary, details) = body.split_once("\n\n").unwrap_or((body, ""));
                self.summary = summary.replace('\n', " ");
                self.details = details.trim().to_owned();
            }
            "Errors" => self.errors = errors(body),
            "Example" | "Examples" => self.examples = scripts(body),
            "Signature" => self.signature = body.lines().next().map(ToOwned::to_owned),
            "Since" => self.since = body.lines().next().map(ToOwned::to_owned),
            _ => {}
        }
    }
}

/// A line without the marks of a comment.
fn bare(line: &str) -> &str {
    let line = line.trim_end();
    let Some(line) = line.trim_start().strip_prefix("///") else {
        return line;
    };
    line.strip_prefix(' ').unwrap_or(line)
}

/// Every paragraph or item that starts with a code in backticks.
fn errors(body: &str) -> Vec<ErrorDoc> {
    let mut found: Vec<ErrorDoc> = Vec::new();
    for line in body.lines().map(str::trim) {
        let item = line.trim_start_matches(['-', '*', ' ']);
        let code = item.strip_prefix('`').and_then(|rest| rest.split_once('`'));
        match (code, found.last_mut()) {
            (Some((code, when)), _) if is_code(code) => found.push(ErrorDoc {
                code: code.to_owned(),
                when: when.trim().to_owned(),
            }),
            (_, Some(last)) => last.when = format!("{} {item}", last.when).trim().to_owned(),
            _ => {}
        }
    }
    found
}

/// Whether it looks like a code, known or not.
fn is_code(text: &str) -> bool {
    let digits = text.strip_prefix('P');
    digits.is_some_and(|rest| rest.len() == 4 && rest.bytes().all(|b| b.is_ascii_digit()))
}

/// The blocks fenced as `rhai`.
fn scripts(body: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut open: Option<String> = None;
    for line in body.lines() {
        match (&mut open, line.trim()) {
            (None, "```rhai") => open = Some(String::new()),
            (Some(_), "```") => found.extend(open.take()),
            (Some(text), _) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, _) => {}
        }
    }
    found
}
