//! `mintage demo --service`: a server's life, from its first deployment to the golden image that is
//! captured of it.

use super::{Stage, build, not_made, write};
use crate::demo::service::{RunningService, program};
use crate::demo::{image, library};
use crate::exit::Exit;
use crate::failure::Failure;
use mintage_engine::Code;
use mintage_volume::escape::escape;
use serde_json::{Value as Json, json};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Stdio;

/// Plays it all in the current folder, `folder`.
pub(super) fn play(stage: &Stage<'_>, folder: &Path) -> Result<Exit, Failure> {
    stage.say("A golden image, made here, and plans to deploy and to capture.");
    build("debian-12.img", image::DEBIAN)?;
    for (name, text) in library::OF_SERVICE {
        write(name, text)?;
    }
    let service = RunningService::start()?;
    let story = Story { stage, service };
    story.log_in()?;
    story.bring_artifacts()?;
    story.deploy()?;
    story.change_and_go_back()?;
    story.capture()?;
    story.stage.say(&format!(
        "Everything is in {}",
        escape(folder.as_os_str().as_bytes())
    ));
    Ok(Exit::Success)
}

struct Story<'a> {
    stage: &'a Stage<'a>,
    service: RunningService,
}

impl Story<'_> {
    fn log_in(&self) -> Result<(), Failure> {
        let text = |name: &str| self.service.said[name].as_str().unwrap_or_default();
        self.stage
            .say("A service, with a database, a certificate and a password of its own.");
        write("password", text("password"))?;
        let private = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions("password", private).map_err(|error| not_made(&error))?;
        let (url, fingerprint) = (text("url"), text("fingerprint"));
        let who = ["--password-file", "password", "--fingerprint", fingerprint];
        self.run(&[&["login", url], who.as_slice()].concat())
    }

    fn bring_artifacts(&self) -> Result<(), Failure> {
        self.stage.say(
            "The artifacts: a golden image, two build plans with their scripts, a deployment plan.",
        );
        self.run(&[
            "upload",
            "golden-image",
            "debian-12.img",
            "--name",
            "Debian 12",
            "--format",
            "raw",
        ])?;
        self.run(&["apply", "deploy"])?;
        self.run(&["apply", "capture"])?;
        self.deployment_plan("Web on Debian", "Debian 12")
    }

    fn deployment_plan(&self, name: &str, golden_image: &str) -> Result<(), Failure> {
        let plan = json!({
            "name": name,
            "oeBuildPlanURI": self.uri("build-plan", "Web server")?,
            "goldenImageURI": self.uri("golden-image", golden_image)?,
        });
        write("deployment-plan.json", &format!("{plan:#}\n"))?;
        self.run(&["create", "deployment-plan", "deployment-plan.json"])
    }

    fn deploy(&self) -> Result<(), Failure> {
        self.stage.say(
            "A server profile: a clone of the image is personalized, and is the server's volume.",
        );
        self.profile("web01", "Web on Debian")?;
        if !self.service.exports {
            self.stage
                .note("(tgtd is not installed: volumes are made, but offered to nobody)");
        }
        self.look("web01", "web01")
    }

    fn change_and_go_back(&self) -> Result<(), Failure> {
        self.stage.say(
            "Another value: a new volume beside the old one. The same host, by its machine-id.",
        );
        let plan = self.plan_of_servers("Web on Debian")?;
        let change = settings(&plan, "shop01");
        write("change.json", &format!("{change:#}\n"))?;
        self.run(&["update", "server-profile", "web01", "change.json"])?;
        self.look("web01", "shop01")?;
        self.stage
            .say("And back: the volume of before is still there.");
        self.run(&["roll-back", "web01"])?;
        self.look("web01", "web01")
    }

    fn capture(&self) -> Result<(), Failure> {
        self.stage.say(
            "Captured: what names the server is taken out, and what is left is searched for it.",
        );
        let volume = self.volume("web01")?;
        self.run(&[
            "capture",
            &volume,
            "--build-plan",
            "Generalize",
            "--name",
            "Debian 12, captured",
        ])?;
        self.deployment_plan("Web on the captured", "Debian 12, captured")?;
        self.profile("web02", "Web on the captured")?;
        self.look("web02", "web02")
    }

    fn profile(&self, name: &str, plan: &str) -> Result<(), Failure> {
        let mut profile = settings(&self.plan_of_servers(plan)?, name);
        profile["name"] = name.into();
        let file = format!("{name}.json");
        write(&file, &format!("{profile:#}\n"))?;
        self.run(&["create", "server-profile", &file])
    }

    /// Looks into a server's volume, which must have this host name.
    fn look(&self, profile: &str, host_name: &str) -> Result<(), Failure> {
        let volume = self.service.volume(&self.volume(profile)?);
        let volume = volume.display().to_string();
        self.run(&["cat", &volume, "/etc/machine-id"])?;
        let found = self.output(&["cat", &volume, "/etc/hostname"])?;
        self.stage
            .note(&format!("\n$ mintage cat {volume} /etc/hostname"));
        self.stage.note(found.trim_end());
        match found.trim() == host_name {
            true => Ok(()),
            false => Err(Failure::new(
                Code::P2011,
                format!("`{host_name}` was expected"),
            )),
        }
    }

    fn volume(&self, profile: &str) -> Result<String, Failure> {
        let profile = self.json(&["get", "server-profile", profile])?;
        let uri = profile["osDeploymentSettings"]["osVolumeUri"].as_str();
        uri.map(str::to_owned)
            .ok_or_else(|| Failure::new(Code::P2011, "the server has no volume"))
    }

    /// A deployment plan as server profiles name it.
    fn plan_of_servers(&self, name: &str) -> Result<String, Failure> {
        let uri = self.uri("deployment-plan", name)?;
        Ok(uri.replace("/rest/deployment-plans/", "/rest/os-deployment-plans/"))
    }

    fn uri(&self, kind: &str, name: &str) -> Result<String, Failure> {
        let found = self.json(&["get", kind, name])?;
        Ok(found["uri"].as_str().unwrap_or_default().to_owned())
    }

    fn json(&self, args: &[&str]) -> Result<Json, Failure> {
        let text = self.output(&[args, &["--json"]].concat())?;
        serde_json::from_str(&text).map_err(|error| Failure::new(Code::P2011, error.to_string()))
    }

    /// What a command prints.
    fn output(&self, args: &[&str]) -> Result<String, Failure> {
        let mut command = program()?;
        command.args(args).stderr(Stdio::inherit());
        let output = command.output().map_err(|error| not_made(&error))?;
        match output.status.success() {
            true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
            false => Err(failed(args)),
        }
    }

    /// Shows a command of this program, and what it prints.
    fn run(&self, args: &[&str]) -> Result<(), Failure> {
        let shown: Vec<String> = args.iter().map(|arg| quoted(arg)).collect();
        self.stage.note(&format!("\n$ mintage {}", shown.join(" ")));
        let mut command = program()?;
        command.args(args);
        if self.stage.screen.json {
            command.arg("--json");
        }
        let status = command.status().map_err(|error| not_made(&error))?;
        match status.success() {
            true => Ok(()),
            false => Err(failed(args)),
        }
    }
}

/// What a server is deployed with.
fn settings(plan: &str, host_name: &str) -> Json {
    json!({"osDeploymentSettings": {
        "osDeploymentPlanUri": plan,
        "osCustomAttributes": [
            {"name": "HostName", "value": host_name},
            {"name": "Passphrase", "value": "correct horse battery staple"},
        ],
    }})
}

fn quoted(word: &str) -> String {
    match word.contains(' ') {
        true => format!("\"{word}\""),
        false => word.to_owned(),
    }
}

fn failed(args: &[&str]) -> Failure {
    let command = args.join(" ");
    Failure::new(Code::P2011, format!("`mintage {command}` failed"))
}
