//! The keys by which clients know the server: the server's own where it has some, else derived
//! from the run's seed, so that a redeploy is the same server to everybody.

use crate::accounts::{self, Kind};
use crate::file::access::{self, Access, Content};
use crate::options::Options;
use crate::seed;
use crate::values::shorten;
use mintage_engine::{Code, PlanError, PlanWorld, Secret, Value};
use mintage_volume::filesystem::Ownership;
use mintage_volume::tree::VolumeTree;
use rhai::Map;
use ssh_key::private::{EcdsaKeypair, Ed25519Keypair, KeypairData};
use ssh_key::{Algorithm, LineEnding, PrivateKey};

/// Where they are.
const DIRECTORY: &str = "/etc/ssh";

/// The group whose members may read them in the Red Hat family.
const READERS: &str = "ssh_keys";

/// A type of key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum HostKey {
    Ed25519,
    Ecdsa,
    Rsa,
}

impl HostKey {
    const ALL: [Self; 3] = [Self::Ed25519, Self::Ecdsa, Self::Rsa];

    fn name(self) -> &'static str {
        match self {
            Self::Ed25519 => "ed25519",
            Self::Ecdsa => "ecdsa",
            Self::Rsa => "rsa",
        }
    }

    /// The name in the server's identity, and the purpose of what is derived: never renamed.
    fn identity(self) -> String {
        format!("ssh-host-{}-key", self.name())
    }

    fn path(self) -> String {
        format!("{DIRECTORY}/ssh_host_{}_key", self.name())
    }

    fn is_of(self, algorithm: &Algorithm) -> bool {
        match self {
            Self::Ed25519 => matches!(algorithm, Algorithm::Ed25519),
            Self::Ecdsa => matches!(algorithm, Algorithm::Ecdsa { .. }),
            Self::Rsa => matches!(algorithm, Algorithm::Rsa { .. }),
        }
    }
}

/// A private key as it stands in its file, and the public one as it does.
struct Files {
    private: Secret,
    public: String,
}

/// What was done.
pub(super) struct Done {
    /// Whether anything changed.
    pub(super) changed: bool,
    /// Whether a key was derived from a seed that somebody could guess.
    pub(super) guessable: bool,
}

/// Gives the server its keys, of the given types, and removes those of other types.
pub(super) fn ensure(world: &mut dyn PlanWorld, options: Map) -> Result<Done, PlanError> {
    let options = Options::checked("ssh::host_keys", options, &["types"])?;
    let types = types(world, &options)?;
    let mut guessable = false;
    let mut keys = Vec::new();
    for kind in &types {
        let files = match given(world, *kind)? {
            Some(files) => files,
            None => {
                guessable |= seed::is_guessable(world);
                derived(world, *kind)?
            }
        };
        keys.push((*kind, files));
    }
    let tree = world.tree();
    let mut changed = remove_others(tree, &types)?;
    for (kind, files) in &keys {
        changed |= write(tree, *kind, files)?;
    }
    Ok(Done { changed, guessable })
}

/// The types that are wanted: by default all that are in the identity or can be derived.
fn types(world: &dyn PlanWorld, options: &Options) -> Result<Vec<HostKey>, PlanError> {
    let wanted = options.texts("types")?;
    if options.value("types").is_none() {
        let has_rsa = world.identity(&HostKey::Rsa.identity()).is_some();
        let all = HostKey::ALL.into_iter();
        return Ok(all
            .filter(|kind| *kind != HostKey::Rsa || has_rsa)
            .collect());
    }
    let known = |name: &String| {
        let found = HostKey::ALL.into_iter().find(|kind| kind.name() == name);
        found.ok_or_else(|| {
            let message = format!("there is no type `{}` of host keys", shorten(name));
            PlanError::new(Code::P2013, message).help("the types are `ed25519`, `ecdsa` and `rsa`")
        })
    };
    wanted.iter().map(known).collect()
}

/// The key in the server's identity.
///
/// # Errors
/// `P2013` when it is no private key of this type in OpenSSH's format, or has a passphrase.
fn given(world: &dyn PlanWorld, kind: HostKey) -> Result<Option<Files>, PlanError> {
    let name = kind.identity();
    let text = match world.identity(&name) {
        None => return Ok(None),
        Some(Value::Secret(secret)) => secret,
        Some(Value::Text(text)) => Secret::new(text),
        Some(_) => return Err(refused(&name, "it is no text")),
    };
    let text = format!("{}\n", text.reveal().trim().replace("\r\n", "\n"));
    let key = PrivateKey::from_openssh(&text)
        .map_err(|_| refused(&name, "it is no private key in the format of OpenSSH"))?;
    if key.is_encrypted() {
        return Err(refused(&name, "it is locked by a passphrase"));
    }
    if !kind.is_of(&key.algorithm()) {
        return Err(refused(&name, "it is a key of another type"));
    }
    let public = public(&key)?;
    Ok(Some(Files {
        private: Secret::new(text),
        public,
    }))
}

fn refused(name: &str, why: &str) -> PlanError {
    PlanError::new(
        Code::P2013,
        format!("cannot use `{name}` of the server's identity: {why}"),
    )
    .help("`ssh-keygen -p -N \"\" -f FILE` writes a key in the format that is wanted")
}

/// The key that the run's seed gives.
fn derived(world: &dyn PlanWorld, kind: HostKey) -> Result<Files, PlanError> {
    let data = match kind {
        HostKey::Ed25519 => {
            let secret = seed::derive(world, &kind.identity());
            KeypairData::Ed25519(Ed25519Keypair::from_seed(&secret))
        }
        HostKey::Ecdsa => KeypairData::Ecdsa(ecdsa(world, &kind.identity())),
        HostKey::Rsa => {
            let message = "a host key of the type `rsa` cannot be derived from the seed";
            return Err(PlanError::new(Code::P2013, message).help(
                "put one into the identity of the server as `ssh-host-rsa-key`; every client of the last ten years takes `ed25519` or `ecdsa`",
            ));
        }
    };
    let key = PrivateKey::new(data, "").map_err(|_| unwritable())?;
    let private = key.to_openssh(LineEnding::LF).map_err(|_| unwritable())?;
    let private = Secret::new(private.as_str());
    Ok(Files {
        private,
        public: public(&key)?,
    })
}

/// A scalar of the curve P-256; the next 32 bytes where the first are none, which happens once in
/// four thousand million seeds.
fn ecdsa(world: &dyn PlanWorld, purpose: &str) -> EcdsaKeypair {
    let mut attempt = 0_u64;
    loop {
        let bytes: [u8; 32] = match attempt {
            0 => seed::derive(world, purpose),
            _ => seed::derive(world, &format!("{purpose} {attempt}")),
        };
        if let Ok(secret) = p256::SecretKey::from_slice(&bytes) {
            let public = secret.public_key().into();
            return EcdsaKeypair::NistP256 {
                private: secret.into(),
                public,
            };
        }
        attempt += 1;
    }
}

fn public(key: &PrivateKey) -> Result<String, PlanError> {
    let line = key.public_key().to_openssh().map_err(|_| unwritable())?;
    Ok(format!("{line}\n"))
}

fn unwritable() -> PlanError {
    PlanError::new(Code::P2011, "a host key could not be written as text")
}

/// Removes the golden image's keys of other types: whoever has the image knows them.
fn remove_others(tree: &mut VolumeTree, types: &[HostKey]) -> Result<bool, PlanError> {
    if access::look(tree, DIRECTORY)?.is_none() {
        let message = format!("the volume has no `{DIRECTORY}`");
        return Err(PlanError::new(Code::P3001, message)
            .at(DIRECTORY)
            .help("install the SSH server in the golden image"));
    }
    let kept: Vec<String> = types
        .iter()
        .map(|kind| format!("ssh_host_{}_key", kind.name()))
        .collect();
    let mut changed = false;
    for entry in tree.read_dir(DIRECTORY)? {
        let name = String::from_utf8_lossy(&entry.name).into_owned();
        let stem = name
            .strip_suffix("-cert.pub")
            .or(name.strip_suffix(".pub"))
            .unwrap_or(&name);
        let is_host_key = stem.starts_with("ssh_host_") && stem.ends_with("_key");
        if is_host_key && !kept.iter().any(|kept| kept == stem) {
            tree.remove(format!("{DIRECTORY}/{name}"))?;
            changed = true;
        }
    }
    Ok(changed)
}

fn write(tree: &mut VolumeTree, kind: HostKey, files: &Files) -> Result<bool, PlanError> {
    let path = kind.path();
    // Root's alone, but for the group that the Red Hat family lets read them.
    let readers = accounts::number(tree, Kind::Group, &READERS.into()).ok();
    let access = Access::exactly(Ownership {
        mode: if readers.is_some() { 0o640 } else { 0o600 },
        uid: 0,
        gid: readers.unwrap_or(0),
    });
    let public = Content::Text(files.public.as_str().into());
    let private = Content::Secret(files.private.clone());
    let changed = access::write(tree, &path, &private, access)?;
    let of_root = Access::exactly(Ownership::root(0o644));
    Ok(access::write(tree, &format!("{path}.pub"), &public, of_root)? || changed)
}
