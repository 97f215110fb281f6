//! Editing of text as bytes: pure functions that know no volume and no script.
//!
//! Every edit gives `None` when there is nothing to change, and otherwise the whole new content,
//! in which all that was not meant stays byte for byte: other lines, line endings, bytes that are
//! not UTF-8, and a missing line break at the end.

pub(crate) mod block;
pub(crate) mod edit;
pub(crate) mod lines;
pub(crate) mod pattern;
pub(crate) mod words;

use mintage_engine::{Code, PlanError};

/// The largest text that is edited, in bytes, before and after: an edit takes up to thirty times
/// as much memory when every byte is a line.
pub(crate) const MAX_TEXT: usize = 4 * 1024 * 1024;

/// The new content of an edited text; `None` when nothing has to change.
pub(crate) type Edited = Result<Option<Vec<u8>>, PlanError>;

/// As [`Edited`], with how many places changed.
pub(crate) type EditedPlaces = Result<Option<(Vec<u8>, usize)>, PlanError>;

pub(crate) fn too_large() -> PlanError {
    let limit = MAX_TEXT / (1024 * 1024);
    PlanError::new(
        Code::P2003,
        format!("the edited text would be larger than {limit} MiB"),
    )
}
