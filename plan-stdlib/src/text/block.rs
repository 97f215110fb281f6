//! A marked block of lines: `# BEGIN name`, the lines, `# END name`.

use super::Edited;
use super::lines::{self, Line};
use mintage_engine::{Code, PlanError};

/// The lines that mark a block.
#[derive(Debug)]
pub(crate) struct Markers {
    begin: Vec<u8>,
    end: Vec<u8>,
}

impl Markers {
    /// The markers of the block `name`, each a comment by its `leader` (`#`, `;`, `"`, `//`).
    pub(crate) fn new(leader: &str, name: &str) -> Self {
        Self {
            begin: format!("{leader} BEGIN {name}").into_bytes(),
            end: format!("{leader} END {name}").into_bytes(),
        }
    }

    /// The range of the block's lines with its markers.
    ///
    /// # Errors
    /// `P2016` when one marker is there without the other, in the wrong order, or twice.
    fn find(&self, lines: &[Line<'_>]) -> Result<Option<(usize, usize)>, PlanError> {
        let at = |marker: &[u8]| -> Vec<usize> {
            let marked = lines
                .iter()
                .enumerate()
                .filter(|(_, line)| line.text == marker);
            marked.map(|(index, _)| index).collect()
        };
        match (at(&self.begin).as_slice(), at(&self.end).as_slice()) {
            ([], []) => Ok(None),
            ([begin], [end]) if begin < end => Ok(Some((*begin, *end))),
            _ => Err(self.damaged()),
        }
    }

    fn damaged(&self) -> PlanError {
        let [begin, end] =
            [&self.begin, &self.end].map(|marker| mintage_volume::escape::escape(marker));
        PlanError::new(
            Code::P2016,
            format!("the markers `{begin}` and `{end}` do not enclose one block"),
        )
        .help("each marker must stand exactly once, the first before the second")
    }
}

/// Makes sure that the text has the block with exactly `body` in it, at its place where it is
/// there, else at the end.
pub(crate) fn ensure_block(content: &[u8], markers: &Markers, body: &[u8]) -> Edited {
    let line_break = lines::line_break(content);
    let mut all = lines::split(content);
    let body = lines::split(body).into_iter().map(|line| line.text);
    match markers.find(&all)? {
        Some((begin, end)) => {
            let new = body.map(|text| Line {
                text,
                ending: line_break,
            });
            drop(all.splice(begin + 1..end, new));
        }
        None => {
            let block = std::iter::once(markers.begin.as_slice())
                .chain(body)
                .chain(std::iter::once(markers.end.as_slice()));
            for text in block {
                let index = all.len();
                lines::insert(&mut all, index, text, line_break);
            }
        }
    }
    let edited = lines::join(&all)?;
    Ok((edited != content).then_some(edited))
}

/// Removes the block with its markers.
pub(crate) fn remove_block(content: &[u8], markers: &Markers) -> Edited {
    let mut all = lines::split(content);
    match markers.find(&all)? {
        None => Ok(None),
        Some((begin, end)) => {
            drop(all.drain(begin..=end));
            Ok(Some(lines::join(&all)?))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_added_replaced_and_removed() {
        let markers = Markers::new("#", "ops");
        for (content, body, expected) in [
            ("", "x\n", Some("# BEGIN ops\nx\n# END ops\n")),
            ("a\n", "x", Some("a\n# BEGIN ops\nx\n# END ops\n")),
            ("a", "x", Some("a\n# BEGIN ops\nx\n# END ops")),
            (
                "a\r\n",
                "x\ny\n",
                Some("a\r\n# BEGIN ops\r\nx\r\ny\r\n# END ops\r\n"),
            ),
            (
                "# BEGIN ops\nold\n# END ops\nrest",
                "x\ny",
                Some("# BEGIN ops\nx\ny\n# END ops\nrest"),
            ),
            ("# BEGIN ops\nx\n# END ops\n", "x\n", None),
            (
                "# BEGIN ops\nx\n# END ops\n",
                "",
                Some("# BEGIN ops\n# END ops\n"),
            ),
        ] {
            let edited = ensure_block(content.as_bytes(), &markers, body.as_bytes()).unwrap();
            assert_eq!(
                edited.as_deref(),
                expected.map(str::as_bytes),
                "{content:?}"
            );
        }
        let removed = remove_block(b"a\n# BEGIN ops\nx\n# END ops\nb", &markers).unwrap();
        assert_eq!(removed.unwrap(), b"a\nb");
        assert_eq!(remove_block(b"a\n", &markers).unwrap(), None);
    }

    #[test]
    fn half_a_block_is_an_error() {
        let markers = Markers::new("#", "ops");
        for content in [
            "# BEGIN ops\n",
            "# END ops\n# BEGIN ops\n",
            "# BEGIN ops\n# BEGIN ops\n# END ops\n",
        ] {
            let error = ensure_block(content.as_bytes(), &markers, b"x").unwrap_err();
            assert_eq!(error.code, Code::P2016, "{content:?}");
        }
    }
}
