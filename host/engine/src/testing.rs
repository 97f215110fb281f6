//! A world and a library for this crate's tests.

use crate::call::CallWorld;
use crate::codes::Code;
use crate::control::RunControl;
use crate::diagnostic::Diagnostic;
use crate::error::PlanError;
use crate::host::PlanHost;
use crate::library::{Library, LibraryModule, LibraryScript};
use crate::limits::Limits;
use crate::memory::RunMemory;
use crate::value::{Secret, Value};
use crate::world::{LogLine, PlanWorld};
use mintage_volume::filesystem::Timestamp;
use mintage_volume::tree::VolumeTree;
use rhai::plugin::*;
use rhai::{Dynamic, EvalAltResult, FnPtr, ImmutableString};
use std::collections::BTreeMap;
use std::mem;
use std::sync::{Arc, Mutex};

/// A world without a volume: attributes and a log.
#[derive(Default)]
pub(crate) struct TestWorld {
    pub(crate) attributes: BTreeMap<String, Value>,
    pub(crate) log: Vec<LogLine>,
    pub(crate) memory: RunMemory,
}

impl PlanWorld for TestWorld {
    fn tree(&mut self) -> &mut VolumeTree {
        panic!("the secret of the panic");
    }

    fn attribute(&self, name: &str) -> Option<Value> {
        self.attributes.get(name).cloned()
    }

    fn profile(&self) -> Value {
        Value::Map(BTreeMap::new())
    }

    fn identity(&self, _name: &str) -> Option<Value> {
        None
    }

    fn template(&self, _name: &str) -> Option<String> {
        None
    }

    fn seed(&self) -> &str {
        "seed"
    }

    fn time(&self) -> Timestamp {
        Timestamp::default()
    }

    fn memory(&mut self) -> &mut RunMemory {
        &mut self.memory
    }

    fn log(&mut self, line: LogLine) {
        self.log.push(line);
    }
}

/// A few functions as a standard library has them.
pub(crate) struct TestLibrary;

impl Library for TestLibrary {
    fn modules(&self) -> Vec<LibraryModule> {
        vec![
            LibraryModule {
                name: "",
                module: rhai::exported_module!(global).into(),
            },
            LibraryModule {
                name: "file",
                module: rhai::exported_module!(file).into(),
            },
        ]
    }

    fn scripts(&self) -> Vec<LibraryScript> {
        vec![
            LibraryScript {
                module: "host",
                source: HOST,
            },
            LibraryScript {
                module: "file",
                source: FILE,
            },
        ]
    }
}

/// A module that is all script; it calls one that is joined with native functions later.
const HOST: &str = r#"//! The host.

/// Gives the host's name.
///
/// # Signature
/// `() -> string`
///
/// # Errors
/// None.
///
/// # Example
/// ```rhai
/// host::name() == "golden!"
/// ```
///
/// # Since
/// 0.1
fn name() { shout(file::first(["/etc/hostname", "/nope"])) }

private fn shout(text) { text + "!" }

/// Runs what it is given.
///
/// # Signature
/// `(act: function) -> any`
fn doing(act) { act.call() }

/// Goes on for ever.
///
/// # Signature
/// `()`
fn spin() { loop { } }
"#;

/// Scripted functions in a module that has native ones.
const FILE: &str = r#"//! In Rhai too.

/// Reads the first of some files.
///
/// # Signature
/// `(paths: array) -> string`
fn first(paths) {
    let path = paths[0];
    file::read(path)
}
"#;

type Fallible<T> = Result<T, Box<EvalAltResult>>;

#[export_module]
#[allow(missing_debug_implementations)] // of the types that the macro makes
mod global {
    /// Gives the value of a custom attribute.
    #[rhai_fn(volatile, return_raw)]
    pub fn attribute(ctx: NativeCallContext, name: &str) -> Fallible<Dynamic> {
        ctx.call_world(|world| {
            let value = world.attribute(name).ok_or_else(|| {
                PlanError::new(Code::P4001, format!("the attribute `{name}` has no value"))
            })?;
            Ok(value.to_dynamic())
        })
    }
}

#[export_module]
#[allow(missing_debug_implementations)] // of the types that the macro makes
mod file {
    /// Reads the text of a file.
    ///
    /// # Errors
    /// `P3001` when there is no such file.
    ///
    /// # Example
    /// ```rhai
    /// file::read("/etc/hostname") == "golden"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn read(ctx: NativeCallContext, path: &str) -> Fallible<ImmutableString> {
        ctx.call_world(|_| match path {
            "/etc/hostname" => Ok("golden".into()),
            "/panic" => panic!("the secret of the panic"),
            _ => Err(PlanError::new(
                Code::P3001,
                format!("cannot read `{path}`: it does not exist"),
            )
            .at(path)
            .help("write it first")),
        })
    }

    /// Writes the text of a file.
    #[rhai_fn(volatile, return_raw)]
    pub fn write(ctx: NativeCallContext, path: &str, text: &str) -> Fallible<()> {
        ctx.call_world(|_| match path {
            "/lost" => Err(PlanError::new(Code::P7007, "the volume is lost")),
            _ if text.is_empty() => Err(PlanError::new(Code::P2013, "no text")),
            _ => Ok(()),
        })
    }

    /// Looks at a file
    ///
    /// # Errors
    /// - `P9999` never.
    #[rhai_fn(return_raw)]
    pub fn peek(ctx: NativeCallContext, path: &str) -> Fallible<()> {
        ctx.call_world(|_| match path {
            "/full" => Err(PlanError::new(Code::P3011, "the filesystem is full")),
            _ => Ok(()),
        })
    }

    /// Calls a function of the script while it holds the world, as none must.
    #[rhai_fn(volatile, return_raw)]
    pub fn within(ctx: NativeCallContext, act: FnPtr) -> Fallible<()> {
        ctx.call_world(|_| {
            act.call_within_context::<Dynamic>(&ctx, ())
                .map(|_| ())
                .map_err(|_| PlanError::new(Code::P2011, "the inner call failed"))
        })
    }

    /// Hashes a secret.
    #[rhai_fn(volatile)]
    pub fn hash(secret: Secret) -> i64 {
        i64::try_from(secret.reveal().len()).unwrap_or_default()
    }
}

/// A host with [`TestLibrary`].
pub(crate) fn host() -> PlanHost {
    PlanHost::new(&TestLibrary, Limits::default())
}

/// A world with a secret in `Password` and a name in `HostName`.
pub(crate) fn world() -> TestWorld {
    let attributes = [
        ("HostName", Value::Text("web01".into())),
        ("Password", Value::Secret(Secret::new("correct horse"))),
    ];
    TestWorld {
        attributes: attributes.map(|(k, v)| (k.to_owned(), v)).into(),
        log: Vec::new(),
        memory: RunMemory::default(),
    }
}

/// Compiles and runs `source` as `scripts/test.rhai` with `host`; gives the log.
pub(crate) fn run_with(host: &PlanHost, source: &str) -> Result<Vec<LogLine>, Box<Diagnostic>> {
    let script = host.compile("scripts/test.rhai", source)?;
    let world = Arc::new(Mutex::new(world()));
    host.run(&script, world.clone(), &RunControl::default())?;
    let log = mem::take(&mut world.lock().unwrap().log);
    Ok(log)
}

/// As [`run_with`] with the usual host.
pub(crate) fn run(source: &str) -> Result<Vec<LogLine>, Box<Diagnostic>> {
    run_with(&host(), source)
}

/// The code that `source` fails with; none when it does not.
pub(crate) fn code(source: &str) -> Option<Code> {
    run(source).err().map(|diagnostic| diagnostic.code)
}
