//! "Did you mean": the known name that is nearest to a misspelt one.

/// The name of `known` that `word` probably means, if one is near enough.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = (word.chars().count() / 3).clamp(1, 3);
    known
        .into_iter()
        .map(|name| (distance(word, name), name))
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, name)| name)
}

/// The help text for a misspelt name: the nearest known one, or all of them when they are few.
pub(crate) fn suggest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let known: Vec<&str> = known.into_iter().collect();
    if let Some(name) = nearest(word, known.iter().copied()) {
        return Some(format!("did you mean `{name}`?"));
    }
    let listed: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
    (1..=12)
        .contains(&listed.len())
        .then(|| format!("known here: {}", listed.join(", ")))
}

/// How many characters must be changed, added, removed or swapped with their neighbour (case of
/// letters aside) to make `b` of `a`.
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().take(64).flat_map(char::to_lowercase).collect();
    let b: Vec<char> = b.chars().take(64).flat_map(char::to_lowercase).collect();
    let mut rows: [Vec<usize>; 3] = [
        Vec::new(),
        (0..=b.len()).map(|j| j + 1).collect(),
        (0..=b.len()).collect(),
    ];
    for i in 0..a.len() {
        rows.rotate_left(1);
        let [before, above, row] = &mut rows;
        row.clear();
        row.push(i + 1);
        for j in 0..b.len() {
            let swapped = i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j];
            let replaced = above[j] + usize::from(a[i] != b[j]);
            let mut cost = replaced.min(above[j + 1] + 1).min(row[j] + 1);
            if swapped {
                cost = cost.min(before[j - 1] + 1);
            }
            row.push(cost);
        }
    }
    rows[2].last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        for (a, b, expected) in [
            ("", "", 0),
            ("abc", "", 3),
            ("", "abc", 3),
            ("HostName", "hostname", 0),
            ("stpes", "steps", 1),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(distance(a, b), expected, "{a} {b}");
        }
    }

    #[test]
    fn the_nearest_name_wins_and_far_ones_do_not() {
        assert_eq!(nearest("adresses", ["dns", "addresses"]), Some("addresses"));
        assert_eq!(nearest("x", ["hostname"]), None);
        assert_eq!(
            suggest("x", ["hostname", "fqdn"]).as_deref(),
            Some("known here: `hostname`, `fqdn`")
        );
        assert_eq!(suggest("x", []), None);
    }
}
