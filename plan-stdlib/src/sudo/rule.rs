//! A line of sudoers(5), as far as it can be checked without sudo: enough that no line of a plan
//! takes sudo away from everybody, as one that cannot be parsed would.

/// Words before a command that say how it may be run.
const TAGS: [&str; 16] = [
    "EXEC",
    "NOEXEC",
    "FOLLOW",
    "NOFOLLOW",
    "INTERCEPT",
    "NOINTERCEPT",
    "LOG_INPUT",
    "NOLOG_INPUT",
    "LOG_OUTPUT",
    "NOLOG_OUTPUT",
    "MAIL",
    "NOMAIL",
    "PASSWD",
    "NOPASSWD",
    "SETENV",
    "NOSETENV",
];

/// What declares a name for a list.
const ALIASES: [&str; 5] = [
    "User_Alias",
    "Runas_Alias",
    "Host_Alias",
    "Cmnd_Alias",
    "Cmd_Alias",
];

/// Why a line is no rule.
type Refused = &'static str;

/// Checks a line: `ops ALL=(ALL:ALL) NOPASSWD: /usr/bin/systemctl`, `Defaults:ops !requiretty`,
/// or `Cmnd_Alias RESTART = …`.
pub(super) fn check(line: &str) -> Result<(), Refused> {
    if line.len() > 4096 {
        return Err("it is longer than 4096 bytes");
    }
    if line.chars().any(char::is_control) {
        return Err("it has a line break or another control character");
    }
    let line = line.trim();
    // `#1000` is a user by number.
    let is_comment = line
        .strip_prefix('#')
        .is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()));
    if line.is_empty() || is_comment || line.starts_with('@') {
        return Err("it is empty, a comment or an include");
    }
    if line.ends_with('\\') {
        return Err("it ends in a backslash, which would join it with another");
    }
    if !line.matches('"').count().is_multiple_of(2) {
        return Err("a quote has no end");
    }
    let first = line.split_whitespace().next().unwrap_or_default();
    if first.starts_with("Defaults") {
        return defaults(line);
    }
    if ALIASES.contains(&first) {
        return alias(line[first.len()..].trim());
    }
    specification(line)
}

fn defaults(line: &str) -> Result<(), Refused> {
    let rest = &line["Defaults".len()..];
    let settings = match rest.chars().next() {
        Some(':' | '@' | '>' | '!') => rest[1..].trim_start().split_once(char::is_whitespace),
        Some(c) if c.is_whitespace() => Some(("", rest)),
        _ => None,
    };
    match settings {
        Some((_, settings)) if !settings.trim().is_empty() => Ok(()),
        _ => Err("`Defaults` is not followed by a setting"),
    }
}

fn alias(rest: &str) -> Result<(), Refused> {
    let (name, list) = rest.split_once('=').ok_or("an alias has no `=`")?;
    let name = name.trim();
    let is_name = name.starts_with(|c: char| c.is_ascii_uppercase())
        && name
            .chars()
            .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    if !is_name {
        return Err("the name of an alias has other letters than A-Z, digits and `_`");
    }
    list_of(list, |_| true)
}

/// `users hosts = (users:groups) TAG: commands`, with more `: hosts = …` behind.
fn specification(line: &str) -> Result<(), Refused> {
    let (who, what) = split_unescaped(line, '=').ok_or("it has no `=`")?;
    // Users may be a list with blanks around its commas; the hosts are the last word.
    let who = who.trim();
    let (users, hosts) = who
        .rsplit_once(char::is_whitespace)
        .ok_or("there is no host before `=`; write `ALL`")?;
    list_of(users, |name| {
        let name = name.replace("\\ ", "");
        !name.contains(char::is_whitespace)
    })?;
    list_of(hosts, |name| !name.contains(char::is_whitespace))?;
    let what = match what.trim().strip_prefix('(') {
        Some(runas) => {
            let (_, rest) = runas.split_once(')').ok_or("a `(` has no `)`")?;
            rest.trim()
        }
        None => what.trim(),
    };
    if what.contains("=(") || what.contains("= (") {
        return Err("it has several specifications; write a line for each");
    }
    list_of(what, is_command)
}

/// A list parted by commas, in which no item is empty.
fn list_of(list: &str, is_item: impl Fn(&str) -> bool) -> Result<(), Refused> {
    let mut rest = list;
    loop {
        let (item, next) = match split_unescaped(rest, ',') {
            Some((item, next)) => (item, Some(next)),
            None => (rest, None),
        };
        let item = item.trim();
        if item.is_empty() {
            return Err("something is missing between commas, or behind `=`");
        }
        if !is_item(item) {
            return Err("a name, or the absolute path of a command, was expected");
        }
        match next {
            Some(next) => rest = next,
            None => return Ok(()),
        }
    }
}

/// What stands before and behind the first `separator` that no backslash escapes.
fn split_unescaped(text: &str, separator: char) -> Option<(&str, &str)> {
    let mut escaped = false;
    for (index, c) in text.char_indices() {
        if c == separator && !escaped {
            return Some((&text[..index], &text[index + 1..]));
        }
        escaped = c == '\\' && !escaped;
    }
    None
}

/// A command behind its tags: `ALL`, an alias, `sudoedit`, a digest or an absolute path.
fn is_command(item: &str) -> bool {
    let mut command = item;
    while let Some((tag, rest)) = command.split_once(':') {
        if !TAGS.contains(&tag.trim()) {
            break;
        }
        command = rest.trim_start();
    }
    let command = command.trim_start_matches(['!', ' ']);
    let word = command.split_whitespace().next().unwrap_or_default();
    let is_alias = word.starts_with(|c: char| c.is_ascii_uppercase())
        && word
            .chars()
            .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    let is_digest = word.starts_with("sha") && word.contains(':') && command.contains(" /");
    // A colon parts specifications, and ends a tag that is none.
    let has_colon = split_unescaped(command, ':').is_some();
    (is_alias && command == word && !has_colon)
        || (word == "sudoedit" && command.contains(" /") && !has_colon)
        || is_digest
        || (word.starts_with('/')
            && word.len() > 1
            && !has_colon
            && split_unescaped(command, '=').is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What visudo says of each is asked in the lane `sudo rules`.
    #[test]
    fn rules_are_what_visudo_takes() {
        for line in crate::sudo::tests::GOOD {
            assert_eq!(check(line), Ok(()), "{line}");
        }
        for line in crate::sudo::tests::BAD {
            assert!(check(line).is_err(), "{line}");
        }
    }
}
