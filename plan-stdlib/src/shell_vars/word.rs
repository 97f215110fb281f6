//! One word of a shell: how far it goes, what it says, and how a text is written as one.

/// What a word says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Word {
    /// This text.
    Plain(Vec<u8>),
    /// What only a shell could tell, or a quote that is never closed.
    Evaluated,
}

/// Where the reader is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Bare,
    Single,
    Double,
}

/// The length of the word at the start of `text`: up to the first blank, line break, `;` or `&`
/// outside of quotes. A quote that is never closed ends with its line.
pub(super) fn length(text: &[u8]) -> usize {
    let mut state = State::Bare;
    let mut bytes = text.iter().enumerate();
    while let Some((index, byte)) = bytes.next() {
        state = match (state, byte) {
            (
                State::Bare,
                b' ' | b'\t' | b'\n' | b'\r' | b';' | b'&' | b'|' | b'<' | b'>' | b'(' | b')',
            ) => {
                return command_end(text, index);
            }
            (State::Bare, b'`') => return line_end(text),
            (State::Bare, b'\'') => State::Single,
            (State::Bare, b'"') => State::Double,
            (State::Single, b'\'') | (State::Double, b'"') => State::Bare,
            (State::Bare | State::Double, b'\\') => {
                bytes.next();
                state
            }
            (state, _) => state,
        };
    }
    match state {
        State::Bare => text.len(),
        State::Single | State::Double => line_end(text),
    }
}

/// A command in the word (`$(…)`) has blanks in it: the word then goes to the end of the line.
fn command_end(text: &[u8], index: usize) -> usize {
    let word = text.get(..index).unwrap_or_default();
    match word.contains(&b'$') && text.get(index) == Some(&b'(') {
        true => line_end(text),
        false => index,
    }
}

fn line_end(text: &[u8]) -> usize {
    let line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    line.strip_suffix(b"\r").unwrap_or(line).len()
}

/// What a word says, without its quotes.
pub(super) fn unquote(word: &[u8]) -> Word {
    let mut state = State::Bare;
    let mut text = Vec::with_capacity(word.len());
    let mut bytes = word.iter().copied();
    while let Some(byte) = bytes.next() {
        match (state, byte) {
            (State::Bare, b'\'') => state = State::Single,
            (State::Bare, b'"') => state = State::Double,
            (State::Single, b'\'') | (State::Double, b'"') => state = State::Bare,
            (State::Bare | State::Double, b'$' | b'`') => return Word::Evaluated,
            (State::Bare, b'(' | b')') => return Word::Evaluated,
            (State::Bare, b'\\') => text.extend(bytes.next().filter(|byte| *byte != b'\n')),
            (State::Double, b'\\') => match bytes.next() {
                Some(byte @ (b'$' | b'`' | b'"' | b'\\')) => text.push(byte),
                Some(b'\n') | None => {}
                Some(byte) => text.extend([b'\\', byte]),
            },
            (_, byte) => text.push(byte),
        }
    }
    match state {
        State::Bare => Word::Plain(text),
        State::Single | State::Double => Word::Evaluated,
    }
}

/// `value` as a word, in the quotes that the word it replaces has; without quotes where neither
/// needs any.
pub(super) fn quote(value: &str, replaced: &[u8]) -> Vec<u8> {
    let is_safe = |byte: u8| byte.is_ascii_alphanumeric() || b"_./:@%+,-".contains(&byte);
    match replaced.first() {
        Some(b'\'') => format!("'{}'", value.replace('\'', r"'\''")).into_bytes(),
        Some(b'"') => double(value),
        _ if !value.is_empty() && value.bytes().all(is_safe) => value.as_bytes().to_vec(),
        _ => double(value),
    }
}

fn double(value: &str) -> Vec<u8> {
    let mut word = vec![b'"'];
    for byte in value.bytes() {
        if matches!(byte, b'$' | b'`' | b'"' | b'\\') {
            word.push(b'\\');
        }
        word.push(byte);
    }
    word.push(b'"');
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_end_where_the_shell_ends_them() {
        for (text, word) in [
            ("a b", "a"),
            ("a;b", "a"),
            ("'a b' c", "'a b'"),
            ("\"a \\\" b\"#x", "\"a \\\" b\"#x"),
            ("a\\ b c", "a\\ b"),
            ("'a\nb'\nc", "'a\nb'"),
            ("'open\nB=1", "'open"),
            ("`date -u` # x\n", "`date -u` # x"),
            ("$(date -u)\r\nB=1", "$(date -u)"),
            ("(a b)\n", ""),
            ("", ""),
        ] {
            assert_eq!(&text[..length(text.as_bytes())], word, "{text:?}");
        }
    }

    #[test]
    fn words_say_what_the_shell_would_read() {
        for (word, expected) in [
            ("abc", Some("abc")),
            ("'$x'\"y z\"w", Some("$xy zw")),
            (r#""a\"b\$c\d""#, Some(r#"a"b$c\d"#)),
            (r"a\ b", Some("a b")),
            ("$HOME", None),
            ("\"`id`\"", None),
            ("'open", None),
            ("", Some("")),
        ] {
            let expected = expected.map(|text| Word::Plain(text.as_bytes().to_vec()));
            assert_eq!(
                unquote(word.as_bytes()),
                expected.unwrap_or(Word::Evaluated),
                "{word}"
            );
        }
    }

    #[test]
    fn quotes_follow_what_was_there() {
        for (value, replaced, expected) in [
            ("quiet", "", "quiet"),
            ("quiet", "\"\"", "\"quiet\""),
            ("it's", "'x'", r"'it'\''s'"),
            ("a b", "x", "\"a b\""),
            ("$(reboot)`x`\"\\", "", r#""\$(reboot)\`x\`\"\\""#),
            ("", "", "\"\""),
        ] {
            assert_eq!(quote(value, replaced.as_bytes()), expected.as_bytes());
        }
    }
}
