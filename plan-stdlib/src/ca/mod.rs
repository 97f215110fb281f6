//! `ca`: certificate authorities that the system trusts.
//!
//! A certificate is put where the administrator of the distribution puts it, and into the bundles
//! that its tool would make of it, so that it is trusted before that tool runs for the first time.

mod certificate;
mod store;

use crate::file::access;
use crate::os;
use crate::values::shorten;
use certificate::Certificate;
use mintage_engine::{Code, PlanError};
use mintage_volume::filesystem::Ownership;
use mintage_volume::tree::VolumeTree;
use rhai::Module;
use rhai::plugin::*;
use store::Store;

/// The largest certificate that is taken, in bytes.
const MAX_CERTIFICATE: usize = 64 * 1024;

/// The module with all its functions.
pub(crate) fn module() -> Module {
    let mut module = rhai::exported_module!(exported);
    module.set_doc("Adds and removes certificate authorities that the system trusts.");
    module
}

fn add(tree: &mut VolumeTree, name: &str, pem: &str) -> Result<bool, PlanError> {
    check_name(name)?;
    if pem.len() > MAX_CERTIFICATE {
        let message = format!("the certificate has more than {MAX_CERTIFICATE} bytes");
        return Err(PlanError::new(Code::P2003, message));
    }
    let certificate = Certificate::parse(pem)?;
    let store = Store::of(&os::family(tree)?, tree)?;
    let anchor = store.anchor(name);
    let mut has_changed = false;
    if access::look(tree, &anchor)?.is_some() {
        let old = access::read_text(tree, &anchor, MAX_CERTIFICATE)?;
        if old == certificate.pem {
            return store.trust(tree, name, &certificate);
        }
        has_changed = remove(tree, name)?;
    }
    if let Some((folder, _)) = anchor.rsplit_once('/') {
        tree.make_dirs(folder, Ownership::root(0o755))?;
    }
    has_changed |= access::write_bytes(
        tree,
        &anchor,
        certificate.pem.as_bytes(),
        Ownership::root(0o644),
    )?;
    Ok(store.trust(tree, name, &certificate)? || has_changed)
}

fn remove(tree: &mut VolumeTree, name: &str) -> Result<bool, PlanError> {
    check_name(name)?;
    let store = Store::of(&os::family(tree)?, tree)?;
    let anchor = store.anchor(name);
    if access::look(tree, &anchor)?.is_none() {
        return Ok(false);
    }
    let text = access::read_text(tree, &anchor, MAX_CERTIFICATE)?;
    if let Ok(certificate) = Certificate::parse(&text) {
        store.distrust(tree, name, &certificate)?;
    }
    tree.remove(&anchor)?;
    Ok(true)
}

fn check_name(name: &str) -> Result<(), PlanError> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if !name.is_empty() && name.len() <= 100 && !name.starts_with('.') && name.bytes().all(fits) {
        return Ok(());
    }
    let shown = shorten(name);
    Err(PlanError::new(
        Code::P2013,
        format!("`{shown}` cannot be the name of a certificate"),
    )
    .help("a name has letters, digits and `-_.`, without an ending"))
}

#[export_module]
mod exported {
    use crate::RhaiResultOf;
    use mintage_engine::CallWorld;
    use rhai::NativeCallContext;

    /// Has the system trust a certificate authority.
    ///
    /// The text is one certificate in PEM. It is written to
    /// `/usr/local/share/ca-certificates/NAME.crt` (Debian), `/etc/pki/ca-trust/source/anchors/NAME.pem`
    /// (Red Hat) or `/etc/pki/trust/anchors/NAME.pem` (SUSE), and into what
    /// `update-ca-certificates` or `update-ca-trust` makes of it: the bundles, and the directory
    /// with the links that OpenSSL looks for. Stores of Java are made by those tools only. A
    /// certificate of the same name is replaced. Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2003` for more than 64 KiB.
    /// - `P2013` for what is no certificate, more than one, or cannot be a name.
    /// - `P3001` when the volume has no os-release, or no place for certificates.
    /// - `P3013` for a family of distributions whose places are not known.
    ///
    /// # Example
    /// ```rhai
    /// file::make_dir("/etc/ssl/certs");
    /// let pem = `-----BEGIN CERTIFICATE-----
    /// MIIBZTCCARegAwIBAgIUJCPQBt/74XWuZt0JuMIkpSldtkEwBQYDK2VwMCcxDzAN
    /// BgNVBAMMBlNlY29uZDEUMAgGA1UEBRMBNzAIBgNVBAsMAXgwIBcNMjYxMTIyMjE0
    /// NjM2WhgPMjEyNjEwMjkyMTQ2MzZaMCcxDzANBgNVBAMMBlNlY29uZDEUMAgGA1UE
    /// BRMBNzAIBgNVBAsMAXgwKjAFBgMrZXADIQDIEBF5b7FGmSBlvBk/xeDUwhJEBpF9
    /// aLXKBr/MuYk/YqNTMFEwHQYDVR0OBBYEFDz5mUD50n6PADbu16ZyRgNaQFAjMB8G
    /// A1UdIwQYMBaAFDz5mUD50n6PADbu16ZyRgNaQFAjMA8GA1UdEwEB/wQFMAMBAf8w
    /// BQYDK2VwA0EA7S6GEOp21sAhPEXZDyYpWS1lPiCg9rkBqjYy2ldGzF4CCC8A8WJq
    /// 16FcPIxUddZh1olKsxc6xoqWRqrK8o8qDw==
    /// -----END CERTIFICATE-----`;
    /// ca::add("example", pem) && file::read_link("/etc/ssl/certs/82e6cca9.0") == "example.pem"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn add(ctx: NativeCallContext, name: &str, pem: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::add(world.tree(), name, pem))
    }

    /// Has the system no longer trust a certificate authority that was added under this name.
    ///
    /// Returns whether there was one.
    ///
    /// # Errors
    /// - `P2013` for what cannot be a name.
    /// - `P3001` when the volume has no os-release, or no place for certificates.
    /// - `P3013` for a family of distributions whose places are not known.
    ///
    /// # Example
    /// ```rhai
    /// file::make_dir("/etc/ssl/certs");
    /// !ca::remove("example")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn remove(ctx: NativeCallContext, name: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::remove(world.tree(), name))
    }
}

#[cfg(test)]
mod tests;
