//! The standard library: what plan scripts can call.
//!
//! Each function is a plain Rust function over a [`mintage_engine::PlanWorld`] or its tree, and a
//! thin exported wrapper that carries its documentation. The rules of names, arguments and
//! results are in `docs/stdlib-design.md`.

mod accounts;
mod archive;
mod ca;
mod drop_in;
mod file;
mod firewall;
mod first_boot;
mod fstab;
mod generalize;
mod global;
mod group;
mod hostname;
mod hosts;
mod ini;
mod iscsi;
mod json;
mod kernel;
mod key_value;
mod keyboard;
mod locale;
mod log;
mod machine_id;
mod motd;
mod multipath;
mod network;
mod options;
mod os;
mod password;
mod profile;
mod repository;
mod scan;
mod scripts;
mod seed;
mod selinux;
mod service;
mod shell_vars;
mod ssh;
mod sshd;
mod structured;
mod sudo;
mod template;
#[cfg(test)]
mod test_world;
#[cfg(test)]
mod tests;
mod text;
mod time_sync;
mod timezone;
mod toml;
mod user;
mod values;
mod xml;
mod yaml;

use mintage_engine::{Library, LibraryModule, LibraryScript, TemplateFacts, TemplateFault};
use rhai::{Module, Shared};

/// What an exported function returns. Rhai knows the alias by this name when it writes signatures.
type RhaiResultOf<T> = Result<T, Box<rhai::EvalAltResult>>;

/// The standard library, to be handed to a [`mintage_engine::PlanHost`].
#[derive(Debug, Clone, Copy, Default)]
pub struct StandardLibrary;

impl Library for StandardLibrary {
    fn modules(&self) -> Vec<LibraryModule> {
        let modules: Vec<(&'static str, Module)> = vec![
            ("", global::module()),
            ("archive", archive::module()),
            ("ca", ca::module()),
            ("file", file::module()),
            ("generalize", generalize::module()),
            ("group", group::module()),
            ("firewall", firewall::module()),
            ("first_boot", first_boot::module()),
            ("fstab", fstab::module()),
            ("gzip", archive::gzip_module()),
            ("hostname", hostname::module()),
            ("hosts", hosts::module()),
            ("ini", ini::module()),
            ("json", json::module()),
            ("key_value", key_value::module()),
            ("keyboard", keyboard::module()),
            ("locale", locale::module()),
            ("iscsi", iscsi::module()),
            ("journal", drop_in::journal::module()),
            ("kernel", kernel::module()),
            ("log", log::module()),
            ("machine_id", machine_id::module()),
            ("motd", motd::module()),
            ("multipath", multipath::module()),
            ("network", network::module()),
            ("os", os::module()),
            ("profile", profile::module()),
            ("repository", repository::module()),
            ("scan", scan::module()),
            ("service", service::module()),
            ("selinux", selinux::module()),
            ("shell_vars", shell_vars::module()),
            ("ssh", ssh::module()),
            ("sshd", sshd::module()),
            ("sudo", sudo::module()),
            ("swap", fstab::swap_module()),
            ("sysctl", drop_in::sysctl::module()),
            ("sysusers", drop_in::sysusers::module()),
            ("template", template::module()),
            ("time_sync", time_sync::module()),
            ("tmpfiles", drop_in::tmpfiles::module()),
            ("timezone", timezone::module()),
            ("toml", toml::module()),
            ("xml", xml::module()),
            ("yaml", yaml::module()),
            ("user", user::module()),
        ];
        let modules = modules.into_iter().map(|(name, mut module)| {
            module.build_index();
            LibraryModule {
                name,
                module: Shared::new(module),
            }
        });
        modules.collect()
    }

    fn scripts(&self) -> Vec<LibraryScript> {
        scripts::all()
    }

    fn read_template(
        &self,
        name: &str,
        text: &str,
    ) -> Result<Option<TemplateFacts>, TemplateFault> {
        template::facts::read(name, text).map(Some)
    }
}
