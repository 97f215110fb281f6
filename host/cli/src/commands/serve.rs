//! `mintage serve`: runs the service.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::screen::Screen;
use crate::settings_flags::SettingsFlags;
use clap::Args;
use mintage_service::serve::{FirstPassword, Started, run, start_log};
use serde_json::json;
use std::io;

/// Run the service: artifacts, golden images and deployments, by REST over HTTPS.
///
/// The first start makes the data folder, the database, a certificate and the user `administrator`,
/// and prints its password, once. SIGTERM stops the service: it takes no more requests, lets those
/// that run finish, and puts long work aside, which goes on at the next start.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mintage serve
  mintage serve --listen 127.0.0.1:8443 --data ./data
  mintage serve --database postgres://mintage@db/mintage --log-format json

Each setting is also a key of the configuration file (`--http-grace` is `grace` in `[http]`) and a
variable of the environment (MINTAGE_HTTP_GRACE). A flag is before the variable, and that before the
file: `mintage config show` tells which value holds, and who said so.
docs/service.md tells how to operate the service.")]
pub struct Serve {
    #[command(flatten)]
    settings: SettingsFlags,
}

impl Serve {
    pub(crate) fn run(&self, screen: &Screen) -> Result<Exit, Failure> {
        let configuration = self.settings.resolve()?;
        start_log(&configuration.settings.log)?;
        run(&configuration, |started| {
            let said = match screen.json {
                true => screen.json(&as_json(started)),
                false => screen.print(as_text(started)),
            };
            said.map_err(|_| io::Error::other("standard output takes nothing"))
        })?;
        Ok(Exit::Success)
    }
}

fn as_json(started: &Started) -> serde_json::Value {
    let (password, file) = match &started.password {
        None => (None, None),
        Some(FirstPassword::Shown(password)) => (Some(password.as_str()), None),
        Some(FirstPassword::Kept(path)) => (None, Some(path)),
    };
    json!({
        "url": started.url,
        "certificate": started.certificate,
        "fingerprint": started.fingerprint,
        "data": started.data,
        "password": password,
        "passwordFile": file,
    })
}

fn as_text(started: &Started) -> String {
    let mut text = format!(
        "url          {}\ncertificate  {}\nfingerprint  {}\n",
        started.url,
        started.certificate.display(),
        started.fingerprint
    );
    let password = match &started.password {
        None => return text,
        Some(FirstPassword::Shown(password)) => format!("{}   (shown only now)", password.as_str()),
        Some(FirstPassword::Kept(path)) => format!("in {}", path.display()),
    };
    text += &format!("user         administrator\npassword     {password}\n");
    text
}
