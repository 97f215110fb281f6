//! How a diagnostic looks: header, excerpt with a caret, the calls that led there, help.

use crate::diagnostic::{Diagnostic, Frame, Style};
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use mintage_volume::escape::{is_unsafe_to_print, printable};
use std::ops::Range;

/// How many calls are shown; of more, the first and the last half.
const CALLS: usize = 8;
/// How many characters of a line are shown around what it is about.
const AROUND: usize = 80;

/// As an error, or as a warning.
pub(crate) fn render(diagnostic: &Diagnostic, style: Style, level: Level<'static>) -> String {
    let renderer = match style {
        Style::Plain => Renderer::plain(),
        Style::Colour => Renderer::styled(),
    };
    let message = shown(&diagnostic.message);
    let title = level.primary_title(message);
    let mut group = Group::with_title(title.id(diagnostic.code.as_str()));
    if let Some(frame) = diagnostic.frames.first() {
        group = group.element(excerpt(frame));
    }
    for inner in &diagnostic.within {
        group = group.element(Level::NOTE.no_name().message(inside(inner)));
    }
    for call in calls(&diagnostic.frames) {
        group = group.element(Level::NOTE.no_name().message(call));
    }
    let path = diagnostic.path.as_ref();
    if let Some(path) = path.filter(|path| !diagnostic.message.contains(path.as_str())) {
        group = group.element(
            Level::NOTE
                .no_name()
                .message(format!("on `{}`", shown(path))),
        );
    }
    for note in &diagnostic.notes {
        group = group.element(Level::NOTE.message(shown(note)));
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(shown(help)));
    }
    renderer.render(&[group]) + "\n"
}

/// The line with a caret below what it is about.
fn excerpt(frame: &Frame) -> Snippet<'static, annotate_snippets::Annotation<'static>> {
    let chars: Vec<char> = frame.text.chars().map(cell).collect();
    // The column stays right only while the line starts at its start; a line that nobody wrote by
    // hand is cut at its end.
    let start = frame.column.saturating_sub(1).min(chars.len());
    let end = start
        .saturating_add(frame.width)
        .min(chars.len())
        .min(start + AROUND);
    let line: String = chars.iter().take(end + AROUND).collect();
    let span = bytes(&line, start..end);
    let label = frame.label.as_deref().map(shown);
    Snippet::source(line)
        .line_start(frame.line)
        .path(shown(&frame.script))
        .fold(false)
        .annotation(AnnotationKind::Primary.span(span).label(label))
}

/// The bytes that a range of characters has in `text`.
fn bytes(text: &str, chars: Range<usize>) -> Range<usize> {
    let at = |n| text.char_indices().nth(n).map_or(text.len(), |(at, _)| at);
    at(chars.start)..at(chars.end)
}

/// From where to where: a sentence for each frame but the outermost.
fn calls(frames: &[Frame]) -> Vec<String> {
    let pairs = frames.iter().zip(frames.iter().skip(1));
    let mut lines: Vec<_> = pairs.map(|(inner, outer)| call(inner, outer)).collect();
    if let Some(hidden) = lines.len().checked_sub(CALLS + 1) {
        let half = CALLS / 2;
        let more = format!("… {} more calls", hidden + 1);
        lines.splice(half..=half + hidden, [more]);
    }
    lines
}

fn call(inner: &Frame, outer: &Frame) -> String {
    let place = format!("{}:{}:{}", shown(&outer.script), outer.line, outer.column);
    match inner.function.as_deref() {
        Some("closure") => format!("in a closure, called at {place}"),
        Some(name) => format!("in function `{}`, called at {place}", shown(name)),
        None => format!("in `{}`, imported at {place}", shown(&inner.script)),
    }
}

/// A place in a function of the library that is itself a script.
fn inside(frame: &Frame) -> String {
    let place = format!("{}:{}:{}", shown(&frame.script), frame.line, frame.column);
    let name = shown(frame.function.as_deref().unwrap_or("its head"));
    format!("inside `{name}` at {place}: `{}`", shown(frame.text.trim()))
}

fn shown(text: &str) -> String {
    printable(text, &[])
}

/// As [`shown`] for a line of a script, where every character must keep its column.
fn cell(c: char) -> char {
    if c != '\t' && is_unsafe_to_print(c) {
        '\u{fffd}'
    } else {
        c
    }
}

#[cfg(test)]
mod tests;
