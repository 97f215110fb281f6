//! `mintage logout`: ends the session and forgets it.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::screen::Screen;
use clap::Args;
use mintage_client::{ClientError, Login, Service};

/// End the session that `mintage login` opened.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mintage logout")]
pub struct LogOut {}

impl LogOut {
    pub(crate) fn run(&self, screen: &Screen) -> Result<Exit, Failure> {
        let path = Login::usual_path()?;
        let login = Login::load(&path)?;
        let ended = Service::of(&login).and_then(|service| service.delete("/rest/login-sessions"));
        std::fs::remove_file(&path).map_err(|error| {
            ClientError::file(format!("cannot remove {}", path.display()), &error)
        })?;
        // The session is forgotten here in any case; one that ended before is as good.
        match ended {
            Ok(_) | Err(ClientError::Refused(_)) => {
                if !screen.json {
                    screen.print(format_args!("logged out of {}\n", login.url))?;
                }
                Ok(Exit::Success)
            }
            Err(error) => Err(error.into()),
        }
    }
}
