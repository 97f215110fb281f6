//! The words of a line of tmpfiles.d and sysusers.d, quoted as systemd takes them.

/// Splits a line at blanks outside of quotes, into at most `most` words, of which the last is the
/// rest of the line; `None` where a quote is not closed.
pub(super) fn split(line: &str, most: usize) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut rest = line.trim();
    while !rest.is_empty() {
        if words.len() + 1 == most {
            words.push(rest.to_owned());
            break;
        }
        let (word, after) = first(rest)?;
        words.push(word);
        rest = after.trim_start();
    }
    Some(words)
}

fn first(text: &str) -> Option<(String, &str)> {
    let mut word = String::new();
    let mut quote = None;
    let mut characters = text.char_indices();
    while let Some((index, c)) = characters.next() {
        match (quote, c) {
            (_, '\\') => word.extend(characters.next().map(|(_, escaped)| escaped)),
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, ' ' | '\t') => return Some((word, text.get(index..).unwrap_or_default())),
            (_, c) => word.push(c),
        }
    }
    quote.is_none().then_some((word, ""))
}

/// The lines of a text that are neither blank nor comments, with their numbers from 1 on.
pub(super) fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().enumerate();
    lines
        .map(|(index, line)| (index + 1, line.trim()))
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_end_at_blanks_outside_of_quotes() {
        for (line, expected) in [
            ("a b  c", Some(vec!["a", "b", "c"])),
            ("a \"b c\" d e", Some(vec!["a", "b c", "d e"])),
            ("a 'b \" c' \"d", Some(vec!["a", "b \" c", "\"d"])),
            ("a b\\ c", Some(vec!["a", "b c"])),
            ("a \"b", None),
        ] {
            let expected = expected.map(|words| words.into_iter().map(str::to_owned).collect());
            assert_eq!(split(line, 3), expected, "{line}");
        }
    }
}
