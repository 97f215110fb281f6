//! The look of a rendered diagnostic.

use crate::diagnostic::{Diagnostic, Frame, Style};
use crate::{Code, PlanError};

fn frame(line: usize, function: Option<&str>) -> Frame {
    Frame {
        script: "scripts/network.rhai".into(),
        line,
        column: 11,
        width: 5,
        function: function.map(Into::into),
        text: "    file::write(path, text);".into(),
        label: None,
    }
}

fn diagnostic() -> Diagnostic {
    let error = PlanError::new(
        Code::P3001,
        "cannot write `/etc/x/y`: `/etc/x` does not exist",
    );
    error
        .at("/etc/x/y")
        .help("create the directory first")
        .into()
}

#[test]
fn the_whole_look() {
    let mut error = diagnostic();
    error.frames = vec![frame(12, Some("write_netplan")), frame(31, None)];
    error.frames[0].label = Some("`path` is `/etc/x/y`".into());
    insta::assert_snapshot!(error.render(Style::Plain), @r"
    error[P3001]: cannot write `/etc/x/y`: `/etc/x` does not exist
      --> scripts/network.rhai:12:11
       |
    12 |     file::write(path, text);
       |           ^^^^^ `path` is `/etc/x/y`
       |
       = in function `write_netplan`, called at scripts/network.rhai:31:11
       = help: create the directory first
    ");
}

#[test]
fn without_a_script_there_is_header_and_help() {
    insta::assert_snapshot!(diagnostic().render(Style::Plain), @r"
    error[P3001]: cannot write `/etc/x/y`: `/etc/x` does not exist
     |
     = help: create the directory first
    ");
}

#[test]
fn a_warning_does_not_call_itself_an_error() {
    let text = diagnostic().render_warning(Style::Plain);
    assert!(text.starts_with("warning[P3001]: "), "{text}");
}

#[test]
fn of_many_calls_the_first_and_the_last_are_shown() {
    let mut error = diagnostic();
    error.frames = (1..=30).map(|line| frame(line, Some("f"))).collect();
    let text = error.render(Style::Plain);
    assert_eq!(text.matches("called at").count(), 8);
    assert!(text.contains("… 21 more calls"), "{text}");
}

#[test]
fn nothing_reaches_a_terminal_raw() {
    let mut error = diagnostic();
    let evil = "\u{1b}[31m\u{202e}\u{7}\r";
    error.message.push_str(evil);
    error.notes = vec![evil.into()];
    error.help = Some(evil.into());
    error.path = Some(evil.into());
    error.frames = vec![frame(1, Some(evil)), frame(2, None)];
    error.frames[0].text = format!("\t{evil} file::write");
    error.frames[0].script = evil.into();
    error.frames[0].label = Some(evil.into());
    let text = error.render(Style::Plain);
    assert!(
        !text.contains(['\u{1b}', '\u{202e}', '\u{7}', '\r', '\t']),
        "{text:?}"
    );
}

#[test]
fn any_place_renders() {
    for (column, width, text) in [
        (0, 0, ""),
        (1, 1, ""),
        (500, 3, "short"),
        (1, usize::MAX, "short"),
        (usize::MAX, usize::MAX, "\u{6f22}\u{5b57}\ttabs\t"),
        (3, 2, "\u{6f22}\u{5b57}\u{6f22}\u{5b57}"),
        (1, 70_000, &"x".repeat(70_000)),
    ] {
        let mut error = diagnostic();
        let place = Frame {
            column,
            width,
            text: text.into(),
            ..frame(usize::MAX, None)
        };
        error.frames = vec![place];
        assert!(error.render(Style::Colour).contains("P3001"));
    }
}
