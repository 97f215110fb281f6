//! Documentation that is run as it is printed: files that a page shows, commands, and what they
//! print.

use crate::environment::{Environment, run};
use regex::Regex;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

/// The steps of a page, in order.
///
/// A code block is a step when its first line says so: ` ```console ` has commands behind `$ ` and
/// what they print, and a block with a path behind its language, ` ```toml web/build-plan.toml `,
/// is that file. Other blocks are only read.
#[derive(Debug)]
pub struct Transcript {
    steps: Vec<Step>,
}

#[derive(Debug)]
enum Step {
    File {
        path: String,
        content: String,
    },
    Command {
        line: usize,
        command: String,
        printed: String,
    },
}

impl Transcript {
    /// Reads the steps of a page of Markdown.
    pub fn parse(page: &str) -> Self {
        let mut steps = Vec::new();
        let mut lines = (1..).zip(page.lines());
        while let Some((_, line)) = lines.next() {
            let Some(info) = line.strip_prefix("```") else {
                continue;
            };
            let block: Vec<(usize, &str)> = lines
                .by_ref()
                .take_while(|(_, line)| *line != "```")
                .collect();
            match info.split_once(' ') {
                Some((_, path)) => steps.push(Step::File {
                    path: path.to_owned(),
                    content: block.iter().map(|(_, line)| format!("{line}\n")).collect(),
                }),
                None if info == "console" => steps.extend(commands(&block)),
                None => {}
            }
        }
        Self { steps }
    }

    /// Does every step in `environment`, where `mintage` is the binary under test.
    ///
    /// # Panics
    /// When a page shows no command, or a command prints anything else than the page shows but for
    /// durations; with both.
    pub fn run(&self, environment: &Environment) {
        let mut commands = 0;
        for step in &self.steps {
            match step {
                Step::File { path, content } => write(&environment.path(path), content),
                Step::Command {
                    line,
                    command,
                    printed,
                } => {
                    commands += 1;
                    let found = output(environment, command);
                    assert_eq!(
                        steady(&found),
                        steady(printed),
                        "line {line}: `{command}` prints something else (left) than is shown (right):\n{found}"
                    );
                }
            }
        }
        assert!(commands > 0, "the page shows no command");
    }
}

fn commands(block: &[(usize, &str)]) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for (number, text) in block {
        match (text.strip_prefix("$ "), steps.last_mut()) {
            (Some(command), _) => steps.push(Step::Command {
                line: *number,
                command: command.to_owned(),
                printed: String::new(),
            }),
            (None, Some(Step::Command { printed, .. })) => {
                printed.push_str(text);
                printed.push('\n');
            }
            (None, _) => {}
        }
    }
    steps
}

fn write(path: &Path, content: &str) {
    let folder = path.parent().expect("a file has a folder");
    fs::create_dir_all(folder).expect("the page's folder");
    fs::write(path, content).expect("the page's file");
}

/// What a command prints, standard output before standard error.
fn output(environment: &Environment, command: &str) -> String {
    let mut shell = environment.program("sh");
    let binary = environment.mintage([""; 0]).get_program().to_owned();
    let folder = Path::new(&binary).parent().expect("the binary's folder");
    let path = std::env::var("PATH").unwrap_or_default();
    shell.env("PATH", format!("{}:{path}:/usr/sbin:/sbin", folder.display()));
    let output = run(shell.args(["-c", command]));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    [text(&output.stdout), text(&output.stderr)].concat()
}

/// What differs from run to run and from image to image, taken out: durations, sizes, the time of
/// an image, and how it was cloned.
fn steady(text: &str) -> String {
    static VARYING: LazyLock<[(Regex, &str); 4]> = LazyLock::new(|| {
        [
            (r"· (reflink|sparse copy)( of [\d.]+ [KMG]iB)? in", "· clone in"),
            (r"\d+(\.\d+)? (µs|ms|s)\b", "? ms"),
            (r"\d+(\.\d+)? ([KMGT]iB|blocks)", "? MiB"),
            (r"\d{4}-\d\d-\d\dT[\d:.]+Z", "?"),
        ]
        .map(|(pattern, instead)| (Regex::new(pattern).expect("a valid pattern"), instead))
    });
    VARYING
        .iter()
        .fold(text.to_owned(), |text, (pattern, instead)| {
            pattern.replace_all(&text, *instead).into_owned()
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "\
Text.

```toml a/b.toml
x = 1
```

```console
$ cat a/b.toml
x = 1
$ echo took 1.5 ms >&2
took 900 µs
```

```rhai
not run
```
";

    #[test]
    fn files_are_written_and_commands_run() {
        Transcript::parse(PAGE).run(&Environment::new());
    }

    #[test]
    #[should_panic(expected = "line 8: `cat a/b.toml` prints something else")]
    fn another_output_is_an_error() {
        let page = PAGE.replace("x = 1\n$", "x = 2\n$");
        Transcript::parse(&page).run(&Environment::new());
    }

    #[test]
    #[should_panic(expected = "shows no command")]
    fn a_page_without_commands_proves_nothing() {
        Transcript::parse("Text.\n").run(&Environment::new());
    }
}
