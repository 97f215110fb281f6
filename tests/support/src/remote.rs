//! `Remote`: the remote commands of one user, who is logged in to a [`Server`].

use crate::environment::{Environment, fail, succeed};
use crate::server::Server;
use serde_json::Value as Json;
use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// A user of the remote commands.
#[derive(Debug)]
pub struct Remote<'e> {
    environment: &'e Environment,
}

impl<'e> Remote<'e> {
    /// Logs in as the administrator.
    ///
    /// # Panics
    /// When that fails.
    pub fn log_in(environment: &'e Environment, server: &Server<'_>) -> Self {
        let password = server.password().expect("the first start's password");
        fs::write(environment.path("password"), password).expect("a file");
        let remote = Self { environment };
        let login = ["login", server.url(), "--password-file", "password"];
        let out = remote.succeed(
            login
                .into_iter()
                .chain(["--fingerprint", server.fingerprint()]),
        );
        assert!(!out.contains(password), "{out}");
        remote
    }

    /// Where the session is kept.
    pub fn session_file(&self) -> PathBuf {
        self.environment.path(".config/mintage/login.json")
    }

    /// A command, not yet started.
    pub fn command<I: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = I>) -> Command {
        self.environment.mintage(args)
    }

    /// What a command prints that succeeds, without a word on standard error.
    ///
    /// # Panics
    /// When it fails, or has something to tell.
    pub fn succeed<I: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = I>) -> String {
        let (out, err) = fail(&mut self.command(args), 0);
        assert_eq!(
            err, "",
            "nothing but results is printed where there is no terminal"
        );
        out
    }

    /// What a command prints with `--json`.
    ///
    /// # Panics
    /// When it fails, or prints no JSON.
    pub fn json<I: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = I>) -> Json {
        let out = succeed(self.command(args).arg("--json"));
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}"))
    }

    /// Standard error of a command that must end with `code`, which is also what `--json` says.
    ///
    /// # Panics
    /// When it ends otherwise.
    pub fn fail<I: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = I>, code: i32) -> String {
        let args: Vec<_> = args
            .into_iter()
            .map(|arg| arg.as_ref().to_owned())
            .collect();
        let (out, err) = fail(&mut self.command(&args), code);
        assert_eq!(out, "", "{err}");
        // clap tells mistakes on the command line itself.
        if code != 2 {
            let (out, err) = fail(self.command(&args).arg("--json"), code);
            assert_eq!(err, "");
            let json: Json = serde_json::from_str(&out).expect("JSON");
            assert!(json["errors"][0]["code"].is_string(), "{json}");
        }
        err
    }
}
