//! Services of the script's own, written as firewalld writes them.

use super::traffic::port;
use super::{Kind, need_firewalld};
use crate::file::access;
use crate::options::Options;
use crate::values::shorten;
use crate::xml::element::escaped;
use mintage_engine::{Code, PlanError};
use mintage_volume::filesystem::Ownership;
use mintage_volume::tree::VolumeTree;
use rhai::Map;

const KEYS: [&str; 6] = [
    "short",
    "description",
    "ports",
    "protocols",
    "source_ports",
    "includes",
];

/// Writes the file of a service exactly as described.
pub(super) fn define(tree: &mut VolumeTree, name: &str, options: Map) -> Result<bool, PlanError> {
    need_firewalld(tree)?;
    Kind::Service.check(name)?;
    let options = Options::checked("firewall::define_service", options, &KEYS)?;
    let text = text(tree, &options)?;
    tree.make_dirs("/etc/firewalld/services", Ownership::root(0o750))?;
    let path = Kind::Service.own(name);
    access::write_bytes(tree, &path, text.as_bytes(), Ownership::root(0o644))
}

fn text(tree: &VolumeTree, options: &Options) -> Result<String, PlanError> {
    let mut text = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<service>\n".to_owned();
    for key in ["short", "description"] {
        if let Some(given) = options.text(key)?.filter(|given| !given.is_empty()) {
            if given.contains(|c: char| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}')) {
                return Err(bad(key, &given));
            }
            text.push_str(&format!("  <{key}>{}</{key}>\n", escaped(&given)));
        }
    }
    for (key, element) in [
        ("ports", "port"),
        ("protocols", "protocol"),
        ("source_ports", "source-port"),
    ] {
        for given in options.texts(key)? {
            if key == "protocols" {
                let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
                if given.is_empty() || !given.bytes().all(is_name) {
                    return Err(bad(key, &given).help("for example `gre`"));
                }
                text.push_str(&format!("  <{element} value=\"{given}\"/>\n"));
            } else {
                let (ports, protocol) = port(&given)?;
                text.push_str(&format!(
                    "  <{element} port=\"{ports}\" protocol=\"{protocol}\"/>\n"
                ));
            }
        }
    }
    for included in options.texts("includes")? {
        Kind::Service.check(&included)?;
        Kind::Service.file(tree, &included)?;
        text.push_str(&format!("  <include service=\"{included}\"/>\n"));
    }
    Ok(text + "</service>\n")
}

fn bad(key: &str, text: &str) -> PlanError {
    let shown = shorten(text);
    let message = format!("`{shown}` cannot be in `{key}` of a service");
    PlanError::new(Code::P2013, message)
}
