//! `Watch`: tells whoever waits how far an expansion came, and hears when they want no more.

use super::{FormatError, Result};
use std::cell::{Cell, RefCell};
use std::ops::ControlFlow;

/// How far an expansion came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// How many bytes of the file were read.
    pub read: u64,
    /// How many bytes the file has.
    pub total: u64,
    /// How long the disk is by now, in bytes.
    pub expanded: u64,
}

/// What a caller is told, and answers: `Break` cancels.
pub(super) type Report<'a> = dyn FnMut(Progress) -> ControlFlow<()> + 'a;

/// The progress of one expansion. The reading and the writing side both step it.
pub(super) struct Watch<'a> {
    report: RefCell<&'a mut Report<'a>>,
    progress: Cell<Progress>,
}

impl<'a> Watch<'a> {
    pub(super) fn new(total: u64, report: &'a mut Report<'a>) -> Self {
        Self {
            report: RefCell::new(report),
            progress: Cell::new(Progress {
                read: 0,
                total,
                expanded: 0,
            }),
        }
    }

    /// The file was read up to byte `read`, the furthest so far.
    pub(super) fn read_to(&self, read: u64) -> Result<()> {
        let progress = self.progress.get();
        self.step(Progress {
            read: progress.read.max(read),
            ..progress
        })
    }

    /// The disk has `expanded` bytes now.
    pub(super) fn expanded_to(&self, expanded: u64) -> Result<()> {
        self.step(Progress {
            expanded,
            ..self.progress.get()
        })
    }

    fn step(&self, progress: Progress) -> Result<()> {
        self.progress.set(progress);
        match (*self.report.borrow_mut())(progress) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(FormatError::Cancelled),
        }
    }
}
