//! What a unit's `[Install]` section says, and how its specifiers are filled in.

use super::name::UnitName;
use mintage_engine::{Code, PlanError};

/// An `[Install]` section, with those of the unit's drop-ins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Install {
    pub(super) aliases: Vec<String>,
    pub(super) wanted_by: Vec<String>,
    pub(super) required_by: Vec<String>,
    pub(super) upheld_by: Vec<String>,
    pub(super) also: Vec<String>,
    pub(super) default_instance: Option<String>,
}

impl Install {
    /// Adds what one file of the unit says. An empty value takes back what was said before.
    pub(super) fn read(&mut self, content: &[u8]) {
        for (key, value) in assignments(content, "Install") {
            let list = match key.as_str() {
                "Alias" => &mut self.aliases,
                "WantedBy" => &mut self.wanted_by,
                "RequiredBy" => &mut self.required_by,
                "UpheldBy" => &mut self.upheld_by,
                "Also" => &mut self.also,
                "DefaultInstance" => {
                    self.default_instance = Some(value).filter(|value| !value.is_empty());
                    continue;
                }
                _ => continue,
            };
            if value.is_empty() && key != "Also" {
                list.clear();
            }
            let words = value.split_ascii_whitespace();
            list.extend(words.map(|word| word.trim_matches(['"', '\'']).to_owned()));
        }
    }

    /// The directories of links that enabling makes: the ending of their names, and of which units.
    pub(super) fn dependents(&self) -> [(&'static str, &[String]); 3] {
        [
            ("wants", &self.wanted_by),
            ("requires", &self.required_by),
            ("upholds", &self.upheld_by),
        ]
    }

    /// Whether enabling the unit makes any link.
    pub(super) fn has_rules(&self) -> bool {
        !self.aliases.is_empty() || self.dependents().iter().any(|(_, list)| !list.is_empty())
    }

    /// A word of the section with its specifiers filled in, as for the unit `name`.
    ///
    /// # Errors
    /// `P2016` for one that only a running machine could tell.
    pub(super) fn expand(&self, name: &UnitName, word: &str) -> Result<String, PlanError> {
        let default = self.default_instance.as_deref().unwrap_or_default();
        let own = match name.is_template() && !default.is_empty() {
            true => name.with_instance(default),
            false => name.clone(),
        };
        let mut expanded = String::new();
        let mut rest = word.chars();
        while let Some(char) = rest.next() {
            if char != '%' {
                expanded.push(char);
                continue;
            }
            match rest.next() {
                Some('%') => expanded.push('%'),
                Some('n') => expanded.push_str(own.as_str()),
                Some('N') => expanded.push_str(own.stem()),
                Some('p') => expanded.push_str(own.prefix()),
                Some('i') => expanded.push_str(own.instance().unwrap_or_default()),
                Some('j') => {
                    let last = own.prefix().rsplit('-').next();
                    expanded.push_str(last.unwrap_or_default());
                }
                _ => {
                    let name = name.as_str();
                    let message = format!(
                        "the [Install] section of `{name}` has a specifier that only a running machine could tell"
                    );
                    return Err(PlanError::new(Code::P2016, message)
                        .help("make the link that it means by `file::symlink`"));
                }
            }
        }
        Ok(expanded)
    }
}

/// The assignments of one section of a unit file, in their order: lines that end in `\` go on in
/// the next one, comments between them do not count.
pub(super) fn assignments(content: &[u8], section: &str) -> Vec<(String, String)> {
    let content = String::from_utf8_lossy(content);
    let mut found = Vec::new();
    let mut is_inside = false;
    let mut begun = String::new();
    for line in content.lines() {
        let text = line.trim_start();
        if text.starts_with(['#', ';']) || (text.is_empty() && begun.is_empty()) {
            continue;
        }
        begun.push_str(text);
        let backslashes = begun.len() - begun.trim_end_matches('\\').len();
        if backslashes % 2 == 1 {
            begun.pop();
            begun.push(' ');
            continue;
        }
        let whole = std::mem::take(&mut begun);
        let whole = whole.trim();
        if let Some(header) = whole.strip_prefix('[') {
            is_inside = header.strip_suffix(']') == Some(section);
        } else if let Some((key, value)) = whole.split_once('=').filter(|_| is_inside) {
            found.push((key.trim().to_owned(), value.trim().to_owned()));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_grow_and_are_taken_back() {
        let mut install = Install::default();
        install.read(
            b"[Unit]\nWantedBy=no.target\n[Install]\n# c\nWantedBy=a.target \\\n; c\n  b.target\n\
            WantedBy = c.target\nRequiredBy=x.target\nRequiredBy=\nAlias=\"q.service\"\n\
            DefaultInstance=tty1\n[X]\nAlias=no.service\n",
        );
        assert_eq!(install.wanted_by, ["a.target", "b.target", "c.target"]);
        assert!(install.required_by.is_empty());
        assert_eq!(install.aliases, ["q.service"]);
        assert_eq!(install.default_instance.as_deref(), Some("tty1"));
        install.read(b"[Install]\nWantedBy=\nDefaultInstance=\n");
        assert_eq!(install.wanted_by, [""; 0]);
        assert_eq!(install.default_instance, None);
        assert!(install.has_rules());
    }

    #[test]
    fn specifiers_are_filled_in() {
        let mut install = Install::default();
        install.read(b"[Install]\nDefaultInstance=one\n");
        for (name, word, expected) in [
            (
                "a-b@.service",
                "%p.%i.%j.%n.%N.%%",
                "a-b.one.b.a-b@one.service.a-b@one.%",
            ),
            ("a@x.service", "t-%i.target", "t-x.target"),
            ("a.service", "%p%i", "a"),
        ] {
            let name = UnitName::checked(name).unwrap();
            assert_eq!(install.expand(&name, word).unwrap(), expected);
        }
        let name = UnitName::checked("a.service").unwrap();
        for word in ["%m.target", "%"] {
            assert_eq!(install.expand(&name, word).unwrap_err().code, Code::P2016);
        }
    }
}
