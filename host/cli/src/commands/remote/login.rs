//! `mintage login`: opens a session with a service, and keeps it for the next commands.

use super::read_certificate;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::screen::Screen;
use clap::Args;
use mintage_client::certificate::is_same_fingerprint;
use mintage_client::{Certificate, ClientError, Login};
use std::io::{self, BufRead as _, IsTerminal as _};
use std::path::{Path, PathBuf};

/// The port of HTTPS.
const HTTPS: u16 = 443;

/// Log in to a Mintage service; the next commands use the session.
///
/// A service makes its own certificate. The first login shows its fingerprint, which the service
/// printed when it started: from then on exactly that certificate is trusted.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mintage login https://mintage.example:8443
  mintage login https://mintage.example:8443 --fingerprint 7F:2A:… --password-file secret
  mintage login https://mintage.example --ca /etc/ssl/certs/ca-certificates.crt

Without a login: MINTAGE_URL, MINTAGE_TOKEN (an API token) and MINTAGE_CA (a file with the
certificate to trust) name the service for all remote commands.")]
pub struct LogIn {
    /// Where the service is, https://host:port.
    url: String,
    /// The user.
    #[arg(long, default_value = "administrator")]
    user: String,
    /// A file whose first line is the password; it is asked for otherwise.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// Trust what the certificates in this file have signed.
    #[arg(long, value_name = "FILE", conflicts_with = "fingerprint")]
    ca: Option<PathBuf>,
    /// Trust the service's own certificate if it has this SHA-256.
    #[arg(long, value_name = "SHA256")]
    fingerprint: Option<String>,
}

impl LogIn {
    pub(crate) fn run(&self, screen: &Screen) -> Result<Exit, Failure> {
        let (host, port) = address(&self.url)?;
        let certificate = self.certificate(&host, port, screen)?;
        let password = self.password()?;
        let url = format!("https://{host}:{port}");
        let login = Login::open(&url, certificate, &self.user, &password)?;
        let path = Login::usual_path()?;
        login.save(&path)?;
        match screen.json {
            true => screen.json(&serde_json::json!({"url": login.url, "user": login.user}))?,
            false => screen.print(format_args!(
                "logged in to {} as {}\n",
                login.url, login.user
            ))?,
        }
        Ok(Exit::Success)
    }

    fn certificate(&self, host: &str, port: u16, screen: &Screen) -> Result<Certificate, Failure> {
        if let Some(path) = &self.ca {
            return read_certificate(path);
        }
        let (certificate, fingerprint) = Certificate::fetch(host, port)?;
        let untrusted = |why: String| ClientError::Untrusted {
            url: self.url.clone(),
            why,
        };
        if let Some(given) = &self.fingerprint {
            return match is_same_fingerprint(given, &fingerprint) {
                true => Ok(certificate),
                false => Err(untrusted(format!("its fingerprint is {fingerprint}")).into()),
            };
        }
        if !io::stdin().is_terminal() {
            let why =
                format!("its fingerprint is {fingerprint}; give it with --fingerprint to trust it");
            return Err(untrusted(why).into());
        }
        screen.note(format_args!(
            "{} shows a certificate with the fingerprint\n  {fingerprint}",
            self.url
        ));
        screen.note("Is it the one that the service printed when it started? [y/N]");
        let mut answer = String::new();
        io::stdin()
            .lock()
            .read_line(&mut answer)
            .map_err(|error| Failure::output(&error))?;
        match answer.trim() {
            "y" | "Y" | "yes" => Ok(certificate),
            _ => Err(untrusted("you did not confirm it".to_owned()).into()),
        }
    }

    fn password(&self) -> Result<String, Failure> {
        let Some(path) = &self.password_file else {
            let prompt = format!("Password of {}: ", self.user);
            return rpassword::prompt_password(prompt).map_err(|_| {
                Failure::usage("there is no terminal to ask for the password: give --password-file")
            });
        };
        first_line(path).map_err(|error| {
            ClientError::file(format!("cannot read {}", path.display()), &error).into()
        })
    }
}

fn first_line(path: &Path) -> io::Result<String> {
    let text = std::fs::read_to_string(path)?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

/// Host and port of a URL.
fn address(url: &str) -> Result<(String, u16), Failure> {
    let wrong = || {
        Failure::usage(format!(
            "`{url}` is none: give https://HOST or https://HOST:PORT"
        ))
    };
    let rest = url.strip_prefix("https://").ok_or_else(wrong)?;
    let rest = rest.trim_end_matches('/');
    let (host, port) = match rest.rsplit_once(':') {
        // A colon within brackets belongs to an IPv6 address.
        Some((host, port)) if !port.ends_with(']') => (host, port.parse().map_err(|_| wrong())?),
        _ => (rest, HTTPS),
    };
    let is_host =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '[' | ']' | ':' | '_');
    match !host.is_empty() && host.chars().all(is_host) {
        true => Ok((host.to_owned(), port)),
        false => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_have_a_host_and_a_port() {
        for (url, expected) in [
            ("https://a.example", Some(("a.example", 443))),
            ("https://a.example/", Some(("a.example", 443))),
            ("https://127.0.0.1:8443", Some(("127.0.0.1", 8443))),
            ("https://[::1]:8443", Some(("[::1]", 8443))),
            ("https://[::1]", Some(("[::1]", 443))),
            ("http://a.example", None),
            ("https://", None),
            ("https://a:b", None),
            ("https://a/rest", None),
            ("https://user@a", None),
        ] {
            let found = address(url).ok();
            let expected = expected.map(|(host, port)| (host.to_owned(), port));
            assert_eq!(found, expected, "{url}");
        }
    }
}
