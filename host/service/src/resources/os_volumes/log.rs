//! The deployment log of an OS volume: its record as a text.

use mintage_records::model::OsVolume;
use serde_json::Value as Json;
use std::fmt::Write as _;

/// What was done to make the volume, line by line.
pub(super) fn text(volume: &OsVolume) -> String {
    let mut text = format!("OS volume {}\n", volume.name);
    for pin in &volume.pins {
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "{} {}, version {}",
            pin.kind.singular(),
            pin.name,
            pin.version
        );
    }
    let Some(record) = &volume.outcome else {
        text += "it is not complete\n";
        return text;
    };
    let outcome = &record["outcome"];
    for step in list(&outcome["transcript"]) {
        let (number, script) = (&step["step"], word(&step["script"]));
        let (status, touched) = (word(&step["status"]), &step["touched"]);
        let _ = writeln!(
            text,
            "step {number}: {script}: {status}, {touched} paths touched"
        );
    }
    for line in list(&outcome["log"]) {
        let (script, number) = (word(&line["script"]), &line["line"]);
        let _ = writeln!(
            text,
            "{}: {script}:{number}: {}",
            word(&line["level"]),
            word(&line["text"])
        );
    }
    for note in list(&outcome["notes"]) {
        let _ = writeln!(text, "note: {}", word(note));
    }
    let clone = &record["volume"]["clone"];
    let _ = writeln!(
        text,
        "cloned by {}, {} bytes copied",
        word(&clone["method"]),
        clone["bytes"]
    );
    let _ = writeln!(
        text,
        "{} bytes of the volume changed",
        outcome["changed_bytes"]
    );
    let _ = writeln!(text, "{}", word(&outcome["status"]));
    text
}

fn list(value: &Json) -> &[Json] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn word(value: &Json) -> &str {
    value.as_str().unwrap_or("-")
}
