//! What a BMC says, made harmless.

use mintage_volume::escape::printable;
use serde_json::Value as Json;

/// The longest text of a BMC that is shown, in characters.
const LONGEST: usize = 300;

/// A text of a BMC as it may be shown.
pub(super) fn text_of(text: &str) -> String {
    let cut: String = text.chars().take(LONGEST).collect();
    let more = if cut.len() < text.len() { "…" } else { "" };
    printable(&cut, &[]) + more
}

/// Why a BMC refused (DSP0266, 8.6): the most exact message that it gives.
pub(super) fn reason(status: u16, body: &[u8]) -> String {
    let json: Json = serde_json::from_slice(body).unwrap_or_default();
    let exact = json.pointer("/error/@Message.ExtendedInfo/0/Message");
    let message = exact.or_else(|| json.pointer("/error/message"));
    match message.and_then(Json::as_str) {
        Some(text) => format!("{} (status {status})", text_of(text)),
        None => format!("status {status}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_short_and_harmless() {
        let exact = br#"{"error":{"message":"See info","@Message.ExtendedInfo":[{"Message":"No\u001b[31m"}]}}"#;
        let long = format!(r#"{{"error":{{"message":"{}"}}}}"#, "x".repeat(10_000));
        let table: [(&[u8], &str); 4] = [
            (exact, "No\\u{1b}[31m (status 400)"),
            (br#"{"error":{"message":"Busy"}}"#, "Busy (status 400)"),
            (br#"{"error":{"message":7}}"#, "status 400"),
            (b"<html>", "status 400"),
        ];
        for (body, shown) in table {
            assert_eq!(reason(400, body), shown);
        }
        assert!(reason(400, long.as_bytes()).len() < 400);
    }
}
