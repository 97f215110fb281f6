//! How values are shown: lengths in bytes, times, names of the wire as words.

use crate::path::Segment;
use minijinja::Environment;
use minijinja::value::Value;
use std::fmt::Write as _;

/// Adds the filters to the templates' environment.
pub(crate) fn add_to(environment: &mut Environment<'static>) {
    environment.add_filter("bytes", bytes);
    environment.add_filter("time", time);
    environment.add_filter("duration", duration);
    environment.add_filter("page_of", |uri: &str| page_of(uri));
    environment.add_filter("query", |value: &str| crate::path::query(value));
    environment.add_filter("segment", |value: String| Segment::from(value).to_string());
    environment.add_filter("tone", |state: &str| tone(state));
    environment.add_filter("words", |name: &str| words(name));
    environment.add_filter("last_part", |uri: String| {
        uri.rsplit('/').next().unwrap_or_default().to_owned()
    });
    environment.add_filter("diff_lines", diff_lines);
    environment.add_filter("numbers", |text: String| numbers(&text));
}

/// A length in bytes as people read it: `4.0 GiB`.
fn bytes(value: &Value) -> String {
    const UNITS: [&str; 6] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
    let Ok(count) = u64::try_from(value.clone()) else {
        return "–".to_owned();
    };
    let exponent = ((63 - (count | 1).leading_zeros() as usize) / 10).min(UNITS.len() - 1);
    let scale = 1_u64 << (10 * exponent);
    // A length that is shown needs no more digits than this keeps.
    match exponent {
        0 => format!("{count} B"),
        _ => format!("{:.1} {}", count as f64 / scale as f64, UNITS[exponent]),
    }
}

/// A time of the wire as people read it: `2026-11-22 09:30:15 UTC`.
fn time(value: &Value) -> String {
    let text = value.as_str().unwrap_or_default();
    match text.parse::<jiff::Timestamp>() {
        Ok(time) => time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
        Err(_) => "–".to_owned(),
    }
}

/// Milliseconds as people read them: `86 ms`, `1.4 s`, `3 min 20 s`.
fn duration(value: &Value) -> String {
    let Ok(milliseconds) = u64::try_from(value.clone()) else {
        return String::new();
    };
    match milliseconds {
        0..1_000 => format!("{milliseconds} ms"),
        1_000..60_000 => format!("{}.{} s", milliseconds / 1_000, milliseconds % 1_000 / 100),
        _ => format!(
            "{} min {} s",
            milliseconds / 60_000,
            milliseconds / 1_000 % 60
        ),
    }
}

/// The page of a resource.
fn page_of(uri: &str) -> String {
    match uri.strip_prefix("/rest/") {
        Some(rest) => format!("/ui/{rest}"),
        None => String::new(),
    }
}

/// How a state looks: `good`, `busy`, `bad`, `attention` or `plain`.
pub(crate) fn tone(state: &str) -> &'static str {
    match state.to_ascii_lowercase().as_str() {
        "ok" | "normal" | "completed" | "on" | "active" | "cleared" | "passed" | "done" => "good",
        "running" | "creating" | "updating" | "deleting" | "starting" | "pending" | "new"
        | "queued" | "create" | "update" | "stopping" | "cancelling" => "busy",
        "critical" | "error" | "failed" | "terminated" | "killed" => "bad",
        "warning" | "disabled" | "cancelled" | "interrupted" | "suspended" | "unknown" => {
            "attention"
        }
        _ => "plain",
    }
}

/// A name of the wire as words: `ServerProfile` and `server_profile` are `server profile`.
fn words(name: &str) -> String {
    let mut text = String::new();
    let mut was_lower = false;
    for letter in name.chars() {
        match letter {
            '-' | '_' => text.push(' '),
            _ if letter.is_uppercase() && was_lower => {
                let _ = write!(text, " {}", letter.to_lowercase());
            }
            _ => text.push(letter),
        }
        was_lower = letter.is_lowercase() || letter.is_ascii_digit();
    }
    text
}

/// The lines of a unified diff, each with what it is: `added`, `removed`, `place` or `same`.
fn diff_lines(value: &Value) -> Vec<Value> {
    let text = value.as_str().unwrap_or_default();
    let kind = |line: &str| match line.as_bytes() {
        [b'+', b'+', b'+', ..] | [b'-', b'-', b'-', ..] | [b'@', ..] => "place",
        [b'+', ..] => "added",
        [b'-', ..] => "removed",
        _ => "same",
    };
    let pair = |line| Value::from(vec![Value::from(kind(line)), Value::from(line)]);
    text.lines().map(pair).collect()
}

/// The numbers of a text's lines, one on each line: for the margin of an editor.
fn numbers(text: &str) -> String {
    let count = text.lines().count().max(1) + usize::from(text.ends_with('\n'));
    (1..=count).map(|number| format!("{number}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_have_the_unit_that_fits() {
        for (count, shown) in [
            (0_u64, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (4 << 30, "4.0 GiB"),
            (u64::MAX, "16384.0 PiB"),
        ] {
            assert_eq!(bytes(&Value::from(count)), shown);
        }
        assert_eq!(bytes(&Value::from("x")), "–");
    }

    #[test]
    fn durations_have_the_unit_that_fits() {
        for (milliseconds, shown) in [(86_u64, "86 ms"), (1_449, "1.4 s"), (200_000, "3 min 20 s")]
        {
            assert_eq!(duration(&Value::from(milliseconds)), shown);
        }
    }

    #[test]
    fn times_are_shown_without_fractions_and_nonsense_as_none() {
        assert_eq!(
            time(&Value::from("2026-11-22T09:30:15.123Z")),
            "2026-11-22 09:30:15 UTC"
        );
        assert_eq!(time(&Value::from("soon")), "–");
    }

    #[test]
    fn pages_are_of_the_wires_resources_only() {
        assert_eq!(page_of("/rest/os-volumes/x"), "/ui/os-volumes/x");
        assert_eq!(page_of("javascript:alert(1)"), "");
    }

    #[test]
    fn names_become_words() {
        assert_eq!(words("golden-images"), "golden images");
        assert_eq!(words("leakScan"), "leak scan");
    }
}
