//! `Story`: what an administrator does, from the first login to the roll-back.

use crate::chain::site::Site;
use crate::deployments::{finished, golden_image, stored};
use mintage_test_support::{Browser, Server};
use serde_json::json;
use std::fs;

/// Chosen at the first login.
pub const PASSWORD: &str = "chosen-at-the-first-login";

/// An administrator before a browser.
pub struct Story<'s, 'e> {
    site: &'s Site<'e>,
    browser: &'s Browser,
}

impl<'s, 'e> Story<'s, 'e> {
    pub fn new(site: &'s Site<'e>, browser: &'s Browser) -> Self {
        let (disk, bundle) = (golden_image(), bundle(&site.server));
        fs::write(site.environment.path("disk.img"), disk).unwrap();
        fs::write(site.environment.path("hello.zip"), bundle).unwrap();
        Self { site, browser }
    }

    fn go(&self, page: &str) {
        self.browser
            .open(&format!("{}{page}", self.site.server.url()));
    }

    /// Nothing went wrong on the way here.
    #[track_caller]
    fn is_well(&self) {
        let at = self.browser.url();
        assert_eq!(self.browser.faults(), Vec::<String>::new(), "{at}");
        assert!(!self.browser.is_too_wide(), "{at} is too wide");
    }

    /// The service refuses it, and says so on the page; the browser, on its console.
    #[track_caller]
    fn is_refused(&self, why: &str) {
        self.browser.see(why);
        self.browser.until("the refusal on the console", || {
            !self.browser.faults().is_empty()
        });
    }

    /// The password that was printed is changed at once.
    pub fn first_login(&self) {
        let browser = self.browser;
        self.go("/");
        browser.arrive("/ui/login");
        browser.fill("userName", "administrator");
        browser.fill("password", "not this one");
        browser.press("Log in");
        self.is_refused("the user name or the password is wrong");
        let first = self.site.server.password().unwrap().to_owned();
        browser.fill("password", &first);
        browser.press("Log in");
        browser.see("Choose a password");
        browser.fill("oldPassword", &first);
        browser.fill("newPassword", PASSWORD);
        browser.fill("again", "something else");
        browser.see("This is not the same.");
        browser.fill("again", PASSWORD);
        browser.press("Change the password");
        browser.see("Needs attention");
        self.is_well();
    }

    /// Another browser, later.
    pub fn log_in(&self, browser: &Browser) {
        browser.open(&format!("{}/ui/tasks", self.site.server.url()));
        browser.fill("userName", "administrator");
        browser.fill("password", PASSWORD);
        browser.press("Log in");
        browser.arrive("/ui/tasks");
    }

    /// From an empty service to a server that was rolled back.
    pub fn all_of_it(&self, server: &str) {
        self.register();
        self.upload_an_image();
        self.import_a_bundle();
        self.write_scripts();
        self.plan();
        self.deploy(server);
        self.look_into_the_volume(server);
        self.capture(server);
        self.change_and_roll_back(server);
    }

    /// The task that a form led to.
    #[track_caller]
    fn completes(&self) {
        self.browser.arrive("/ui/tasks/");
        self.browser.until("the end of the task", || {
            let text = self.browser.text();
            assert!(!text.contains("Error\n"), "{text}");
            text.contains("Completed")
        });
        self.is_well();
    }

    fn register(&self) {
        let browser = self.browser;
        self.go("/ui/server-hardware/new");
        browser.fill("name", "rack1-u1");
        browser.fill("ports", "1 52:54:00:00:00:01");
        browser.press("Save");
        browser.see("The machine");
        browser.see("52:54:00:00:00:01");
        self.go("/ui/ethernet-networks/new");
        browser.fill("name", "production");
        browser.fill("vlanId", "5000");
        browser.see("At most 4094 is allowed.");
        browser.fill("vlanId", "10");
        browser.press("Save");
        browser.press("Make a pool of addresses");
        for (field, text) in [
            ("networkId", "192.0.2.0"),
            ("subnetmask", "255.255.255.0"),
            ("first", "192.0.2.10"),
            ("last", "192.0.2.19"),
        ] {
            browser.fill(field, text);
        }
        browser.press("Make it");
        browser.see("10 free");
        self.is_well();
    }

    fn upload_an_image(&self) {
        let browser = self.browser;
        self.go("/ui/golden-images");
        browser.press("Upload an image");
        browser.drop_file("file", &self.site.environment.path("disk.img"));
        assert_eq!(browser.value("name"), "disk");
        assert_eq!(browser.value("format"), "raw");
        browser.press("Upload");
        self.completes();
        browser.press("disk");
        browser.see("Testing 1");
        browser.see("ext4");
        self.is_well();
    }

    fn import_a_bundle(&self) {
        let browser = self.browser;
        self.go("/ui/artifact-bundles/import");
        browser.choose_file("file", &self.site.environment.path("hello.zip"));
        browser.press("Import");
        self.completes();
        self.go("/ui/artifact-bundles");
        browser.click("#rows tbody a");
        browser.press("Extract");
        self.completes();
        self.go("/ui/plan-scripts");
        browser.see("hello");
        self.is_well();
    }

    fn write_scripts(&self) {
        let browser = self.browser;
        self.go("/ui/plan-scripts/new");
        browser.fill("name", "name-it");
        browser.fill("content", "hostname::sett(attribute(\"HostName\"));");
        browser.see("Line 1, column");
        browser.until("the mark in the margin", || {
            browser.count(".margin .bad") == 1
        });
        browser.press("Save");
        self.is_refused("Correct the script, or store it");
        browser.fill("content", "hostname::set(attribute(\"HostName\"));");
        browser.see("No errors.");
        browser.press("Save");
        browser.see("Attributes that it asks for");
        browser.see("HostName");
        self.is_well();

        self.write_a_template();

        self.go("/ui/plan-scripts/new");
        browser.fill("name", "generalize");
        browser.select("planType", "capture");
        browser.fill(
            "content",
            "hostname::set(\"template\");\nmachine_id::reset();",
        );
        browser.see("No errors.");
        browser.press("Save");
        browser.see("Attributes that it asks for");
        self.is_well();
    }

    fn write_a_template(&self) {
        let browser = self.browser;
        self.go("/ui/plan-scripts/new");
        browser.fill("name", "greet");
        browser.fill("content", "file::render(\"/etc/motd\", \"motd.j2\", #{});");
        browser.see("motd.j2");
        browser.fill("newTemplate", "motd.j2");
        browser.press("Add a template");
        browser.see("No errors.");
        browser.fill("template-1", "{{ host");
        browser.see("P2014");
        browser.fill("template-1", "Welcome");
        browser.see("No errors.");
        browser.press("Save");
        browser.see("Attributes that it asks for");
        browser.see("Welcome");
        self.is_well();
    }

    fn plan(&self) {
        let browser = self.browser;
        for (name, kind, script) in [
            ("names", "deploy", "name-it"),
            ("captures", "capture", "generalize"),
        ] {
            self.go("/ui/build-plans/new");
            browser.fill("name", name);
            browser.select("oeBuildPlanType", kind);
            browser.press("Add a step");
            browser.fill("step-0", script);
            if kind == "deploy" {
                browser.press("Add those that the scripts ask for");
                browser.select("a0-type", "hostname");
                assert_eq!(browser.value("a0-name"), "HostName");
            }
            browser.press("Save");
            browser.see("The build plan");
            self.is_well();
        }
        self.go("/ui/deployment-plans/new");
        browser.select("build_plan", "names");
        browser.arrive("build_plan=");
        browser.fill("name", "named");
        browser.select("goldenImageURI", "disk");
        browser.press("Save");
        browser.see("The deployment plan");
        self.is_well();
    }

    fn deploy(&self, server: &str) {
        let browser = self.browser;
        browser.press("Deploy a server");
        browser.fill("name", server);
        browser.select("serverHardwareUri", "rack1-u1");
        browser.fill("v:HostName", "no host!");
        browser.see("A host name has");
        browser.press("Deploy");
        assert!(browser.url().contains("/ui/server-profiles/new"));
        browser.fill("v:HostName", server);
        browser.press("Preview the changes on its disk");
        browser.see("paths are different from the golden image");
        browser.see("/etc/hostname");
        browser.see(&format!("+ {server}"));
        self.is_well();
        browser.press("Deploy");
        self.completes();
        browser.press(server);
        browser.see("Booting");
        browser.see("iqn.");
        browser.press("Boot by hand or by iPXE");
        for secret in ["chap user", "iqn.", "/ipxe/"] {
            browser.until(secret, || browser.text().to_lowercase().contains(secret));
        }
        self.is_well();
    }

    fn look_into_the_volume(&self, server: &str) {
        let browser = self.browser;
        self.go("/ui/os-volumes");
        browser.click("#rows tbody a");
        browser.see("What is different from the golden image");
        browser.press("Browse files");
        browser.press("etc/");
        browser.press("hostname");
        browser.see("Content");
        browser.see(server);
        self.is_well();
    }

    fn capture(&self, server: &str) {
        let browser = self.browser;
        self.go("/ui/server-profiles");
        browser.press(server);
        browser.press("Capture");
        browser.fill("name", "captured");
        browser.select("buildPlanUri", "captures");
        browser.press("Capture");
        self.completes();
        browser.press("captured");
        browser.press("Compare");
        browser.select("with", "disk");
        browser.see("/etc/hostname");
        self.is_well();
    }

    fn change_and_roll_back(&self, server: &str) {
        let browser = self.browser;
        self.go("/ui/server-profiles");
        browser.press(server);
        browser.press("Edit");
        browser.fill("v:HostName", "shop01");
        browser.press("Save and deploy what changes");
        self.completes();
        browser.press(server);
        browser.see("shop01");
        browser.press("Roll back");
        browser.see("has now is kept in its place");
        browser.press("Roll back");
        self.completes();
        browser.press(server);
        browser.until("the value of before", || !browser.text().contains("shop01"));
        self.is_well();
    }
}

/// A bundle with one plan script; nothing of it stays in the service.
fn bundle(server: &Server<'_>) -> Vec<u8> {
    let script = json!({"name": "hello", "planType": "deploy", "language": "rhai",
        "content": "log::info(\"hello\");\n"});
    let script = stored(server, "/rest/plan-scripts", &script);
    let wanted = json!({"name": "hello", "planScripts": [
        {"resourceUri": script["uri"], "readOnly": false}]});
    let task = server.post("/rest/artifact-bundles", &wanted);
    let bundle = finished(server, &task.json());
    let file = server.get(bundle["downloadURI"].as_str().unwrap());
    assert_eq!(file.status, 200);
    for made in [&bundle, &script] {
        let answer = server.delete(made["uri"].as_str().unwrap());
        assert_eq!(answer.status, 204, "{}", answer.json());
    }
    file.bytes
}
