//! "Did you mean": the known name that is nearest to a misspelt one.

/// Names longer than this are no slips of the finger; in characters.
const MAX_NAME: usize = 80;
/// Of so many known names or less, all are shown when none is near.
const FEW: usize = 12;

/// The name of `known` that `word` probably means, if one is near enough: at most a third of it,
/// and three characters, are different. Upper and lower case are the same.
pub fn nearest<'n>(word: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let length = word.chars().count();
    if length > MAX_NAME {
        return None;
    }
    let limit = (length / 3).clamp(1, 3);
    known
        .into_iter()
        .filter(|name| *name != word)
        .map(|name| (distance(word, name, limit), name))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, name)| name)
}

/// The help text for a misspelt name: the nearest known one, or all of them when they are few.
pub fn suggest<'n>(word: &str, known: impl IntoIterator<Item = &'n str>) -> Option<String> {
    let known: Vec<&str> = known.into_iter().collect();
    if let Some(name) = nearest(word, known.iter().copied()) {
        return Some(format!("did you mean `{name}`?"));
    }
    let listed: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
    (1..=FEW)
        .contains(&listed.len())
        .then(|| format!("known here: {}", listed.join(", ")))
}

/// How many letters must be changed, added, removed or swapped with the next to make `b` of `a`;
/// more than `limit` when it is more than that.
fn distance(a: &str, b: &str, limit: usize) -> usize {
    let letters = |name: &str| -> Vec<char> { name.chars().flat_map(char::to_lowercase).collect() };
    let (a, b) = (letters(a), letters(b));
    if a.len().abs_diff(b.len()) > limit {
        return limit + 1;
    }
    // The last two rows of the table of Damerau and Levenshtein, and the one in work.
    let mut rows = [vec![0; b.len() + 1], (0..=b.len()).collect(), Vec::new()];
    for (i, x) in a.iter().enumerate() {
        let [before, last, _] = &rows;
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let replaced = last[j] + usize::from(x != y);
            let mut best = replaced.min(last[j + 1] + 1).min(row[j] + 1);
            let swapped = i > 0 && j > 0 && a[i - 1] == *y && b[j - 1] == *x;
            if swapped {
                best = best.min(before[j - 1] + 1);
            }
            row.push(best);
        }
        rows = [std::mem::take(&mut rows[1]), row, Vec::new()];
    }
    rows[1].last().copied().unwrap_or(limit + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        for (a, b, expected) in [
            ("", "", 0),
            ("", "ab", 2),
            ("reed", "read", 1),
            ("raed", "read", 1),
            ("HostName", "hostname", 0),
            ("adresses", "addresses", 1),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(distance(a, b, 5), expected, "{a} {b}");
            assert_eq!(distance(b, a, 5), expected, "{b} {a}");
        }
        assert_eq!(distance("a", "abcdef", 3), 4);
    }

    #[test]
    fn only_what_is_like_it_is_meant() {
        let names = ["file::read", "file::write", "print"];
        for (word, expected) in [
            ("file::reed", Some("file::read")),
            ("File::Read", Some("file::read")),
            ("prnit", Some("print")),
            ("print", None),
            ("launch", None),
        ] {
            assert_eq!(nearest(word, names), expected, "{word}");
        }
        let long = "x".repeat(MAX_NAME + 1);
        assert_eq!(nearest(&long, [format!("{long}x").as_str()]), None);
    }

    #[test]
    fn few_known_names_are_listed() {
        assert_eq!(
            suggest("x", ["hostname", "fqdn"]).as_deref(),
            Some("known here: `hostname`, `fqdn`")
        );
        assert_eq!(suggest("x", []), None);
        assert_eq!(suggest("x", ["hostname"; FEW + 1]), None);
    }
}
