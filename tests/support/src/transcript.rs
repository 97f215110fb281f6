//! Documentation that is run as it is printed: files that a page shows, commands, and what they
//! print.

use crate::environment::{Environment, run};
use regex::Regex;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// A page of documentation, in Markdown.
///
/// A code block is run when its first line says so: ` ```console ` has commands behind `$ ` and what
/// they print, and a block with a path behind its language, ` ```toml web/build-plan.toml `, is that
/// file. Other blocks are only read. A block whose text has a fence itself has a longer
/// one around it.
#[derive(Debug)]
pub struct Transcript {
    path: PathBuf,
    page: String,
}

impl Transcript {
    /// Reads a page.
    ///
    /// # Panics
    /// When it cannot be read.
    pub fn read(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            page: fs::read_to_string(path).expect("a page"),
        }
    }

    /// Does all that the page shows, in `environment`, where `mintage` is the binary under test.
    ///
    /// With `MINTAGE_UPDATE_DOCS` in the environment, what is printed is written into the page.
    ///
    /// # Panics
    /// When the page shows no command, or a command prints anything else than the page shows, but
    /// for what differs from run to run.
    pub fn run(&self, environment: &Environment) {
        let found = self.printed(environment);
        if steady(&found) == steady(&self.page) {
            return;
        }
        if std::env::var_os("MINTAGE_UPDATE_DOCS").is_some() {
            fs::write(&self.path, found).expect("the page can be written");
            return;
        }
        let (shown, found) = (steady(&self.page), steady(&found));
        let same = shown.lines().zip(found.lines()).take_while(|(a, b)| a == b);
        let line = same.count();
        let rest = |text: &str| {
            text.lines()
                .skip(line)
                .take(20)
                .collect::<Vec<_>>()
                .join("\n")
        };
        panic!(
            "{}, line {}: shown is\n{}\n--- and printed is\n{}",
            self.path.display(),
            line + 1,
            rest(&shown),
            rest(&found)
        );
    }

    /// The page with what its commands print today.
    fn printed(&self, environment: &Environment) -> String {
        let mut page = String::new();
        let mut commands = 0;
        let mut lines = self.page.lines();
        while let Some(line) = lines.next() {
            page.push_str(line);
            page.push('\n');
            let info = line.trim_start_matches('`');
            let fence = &line[..line.len() - info.len()];
            if fence.len() < 3 {
                continue;
            }
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != fence).collect();
            if info == "console" {
                for command in block.iter().filter_map(|line| line.strip_prefix("$ ")) {
                    commands += 1;
                    page.push_str(&format!("$ {command}\n{}", output(environment, command)));
                }
            } else {
                let content: String = block.iter().map(|line| format!("{line}\n")).collect();
                if let Some((_, path)) = info.split_once(' ') {
                    write(&environment.path(path), &content);
                }
                page.push_str(&content);
            }
            page.push_str(fence);
            page.push('\n');
        }
        assert!(commands > 0, "the page shows no command");
        page
    }
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
    shell.env(
        "PATH",
        format!("{}:{path}:/usr/sbin:/sbin", folder.display()),
    );
    let output = run(shell.args(["-c", command]));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    [text(&output.stdout), text(&output.stderr)].concat()
}

/// What differs from run to run and from image to image, taken out: durations, sizes, places and
/// numbers of files, the time of an image, and how it was cloned.
fn steady(text: &str) -> String {
    static VARYING: LazyLock<[(Regex, &str); 6]> = LazyLock::new(|| {
        [
            (
                r"· (reflink|sparse copy)( of [0-9.]+ [KMG]iB)? in",
                "· clone in",
            ),
            (r"[0-9]+(\.[0-9]+)? (µs|ms|s)(?-u:\b)", "? ms"),
            (r"[0-9]+(\.[0-9]+)? ([KMGT]iB|blocks)", "? MiB"),
            (r"byte [0-9]+( and [0-9]+ more)?", "byte ?"),
            (r"[0-9]+ files", "? files"),
            (r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z", "?"),
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

````console
$ printf '```rhai\\nx\\n```\\n'
```rhai
x
```
````

```rhai
not run
```
";

    fn transcript(page: &str) -> Transcript {
        Transcript {
            path: "page.md".into(),
            page: page.to_owned(),
        }
    }

    #[test]
    fn files_are_written_and_commands_run() {
        transcript(PAGE).run(&Environment::new());
    }

    #[test]
    #[should_panic(expected = "page.md, line 9: shown is")]
    fn another_output_is_an_error() {
        let page = PAGE.replace("x = 1\n$", "x = 2\n$");
        transcript(&page).run(&Environment::new());
    }

    #[test]
    #[should_panic(expected = "shows no command")]
    fn a_page_without_commands_proves_nothing() {
        transcript("Text.\n").run(&Environment::new());
    }
}
