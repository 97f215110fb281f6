//! Globs for constraints: `*` is any text, `?` any character, `[a-z0-9]` and `[!x]` a set. The time
//! is bounded by the product of the lengths, whatever the pattern.

/// Whether the whole of `text` matches `pattern`.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let (mut p, mut t) = (0, 0);
    // Where the last `*` was, and how much of the text it has taken.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        if pattern.get(p) == Some(&'*') {
            star = Some((p, t));
            p += 1;
        } else if let Some(length) = match_one(&pattern[p..], text[t]) {
            p += length;
            t += 1;
        } else if let Some((star_p, taken)) = star {
            star = Some((star_p, taken + 1));
            (p, t) = (star_p + 1, taken + 1);
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

/// How many characters of the pattern match the one character `c`.
fn match_one(pattern: &[char], c: char) -> Option<usize> {
    match pattern {
        ['?', ..] => Some(1),
        ['[', rest @ ..] => match_set(rest, c),
        [first, ..] => (*first == c).then_some(1),
        [] => None,
    }
}

/// A set, its `[` taken; one without an end is the character `[`.
fn match_set(set: &[char], c: char) -> Option<usize> {
    let Some(end) = set.iter().skip(1).position(|x| *x == ']').map(|at| at + 1) else {
        return (c == '[').then_some(1);
    };
    let (negated, members) = match set.get(..end)? {
        ['!', members @ ..] => (true, members),
        members => (false, members),
    };
    (is_member(members, c) != negated).then_some(end + 2)
}

fn is_member(mut members: &[char], c: char) -> bool {
    loop {
        match members {
            [low, '-', high, rest @ ..] => {
                if (*low..=*high).contains(&c) {
                    return true;
                }
                members = rest;
            }
            [one, rest @ ..] => {
                if *one == c {
                    return true;
                }
                members = rest;
            }
            [] => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn globs() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("web*", "web01", true),
            ("web*", "db01", false),
            ("*.example.com", "a.b.example.com", true),
            ("*.example.com", "example.com", false),
            ("web-??", "web-01", true),
            ("web-??", "web-1", false),
            ("[a-c][!0-9]", "bx", true),
            ("[a-c][!0-9]", "b7", false),
            ("[", "[", true),
            ("[]]", "]", true),
            ("*a*b*", "xxaxxbxx", true),
            ("*é?", "caféx", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn a_hostile_pattern_ends_soon() {
        let pattern = "*a".repeat(100) + "b";
        assert!(!matches(&pattern, &"a".repeat(10_000)));
    }
}
