//! Words of a line: what stands between blanks.

/// Where the words start and end. `is_blank` is asked for every byte once, in order, so it may
/// remember what it has seen, such as a quote that is open.
pub(crate) fn spans(line: &[u8], mut is_blank: impl FnMut(u8) -> bool) -> Vec<(usize, usize)> {
    let mut spans = Vec::new();
    let mut start = None;
    for (index, byte) in line.iter().enumerate() {
        match (is_blank(*byte), start) {
            (false, None) => start = Some(index),
            (true, Some(from)) => {
                spans.push((from, index));
                start = None;
            }
            _ => {}
        }
    }
    spans.extend(start.map(|from| (from, line.len())));
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_where_they_stand() {
        for (line, expected) in [
            ("", &[][..]),
            ("  ", &[]),
            ("a", &[(0, 1)]),
            (" ab  c ", &[(1, 3), (5, 6)]),
        ] {
            assert_eq!(
                spans(line.as_bytes(), |byte| byte == b' '),
                expected,
                "{line:?}"
            );
        }
    }
}
