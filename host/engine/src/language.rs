//! The language as plan scripts see it: Rhai's packages without what a plan must not have, errors
//! as values, and the secret, which nothing turns into text.

use crate::call::CallWorld;
use crate::codes::Code;
use crate::context::{Place, RunContext};
use crate::error::PlanError;
use crate::strings;
use crate::value::Secret;
use rhai::packages::{
    ArithmeticPackage, BasicArrayPackage, BasicBlobPackage, BasicFnPackage, BasicIteratorPackage,
    BasicMapPackage, BasicMathPackage, BasicStringPackage, BitFieldPackage, LogicPackage,
    MoreStringPackage, Package,
};
use rhai::plugin::{Module, Position};
use rhai::{
    Dynamic, Engine, EvalAltResult, FnPtr, FuncRegistration, ImmutableString, Map,
    NativeCallContext, OptimizationLevel, Shared, def_package,
};
use std::any::TypeId;

/// Words of the language that plan scripts do not have. `eval` would run text as a script;
/// `curry` and `Fn` build function pointers by name, and pointers in pointers without end.
const DISABLED: &[&str] = &["eval", "curry", "Fn"];

/// The name that scripts and errors give the type of secrets.
pub(crate) const SECRET: &str = "secret";
/// The name of the type of errors.
const ERROR: &str = "error";

def_package! {
    /// What every plan script can use without a namespace.
    ///
    /// Left out on purpose: the language core, which has `sleep` and `exit`, and everything that
    /// reads the clock.
    pub(crate) PlanCorePackage(_module) :
        ArithmeticPackage,
        LogicPackage,
        BasicMathPackage,
        BasicArrayPackage,
        BasicBlobPackage,
        BasicMapPackage,
        BasicStringPackage,
        MoreStringPackage,
        BasicIteratorPackage,
        BasicFnPackage,
        BitFieldPackage
    {
    }
}

/// The parts of the language that are made once and shared by all engines of a host.
pub(crate) struct Language {
    core: PlanCorePackage,
    guards: Shared<Module>,
}

impl Language {
    pub(crate) fn new() -> Self {
        let mut guards = Module::new();
        add_errors(&mut guards);
        add_secrets(&mut guards);
        strings::add(&mut guards);
        guards.build_index();
        Self {
            core: PlanCorePackage::new(),
            guards: guards.into(),
        }
    }

    /// The functions of the language itself.
    pub(crate) fn core(&self) -> Shared<Module> {
        self.core.as_shared_module()
    }

    /// An engine that speaks the language: the product's only one.
    pub(crate) fn engine(&self) -> Engine {
        let mut engine = Engine::new_raw();
        self.core.register_into_engine(&mut engine);
        // After the core: what comes last is found first.
        engine.register_global_module(Shared::clone(&self.guards));
        engine
            .register_type_with_name::<Secret>(SECRET)
            .register_type_with_name::<PlanError>(ERROR)
            .set_strict_variables(true)
            .set_fail_on_invalid_map_property(true)
            .set_allow_shadowing(true)
            .set_fast_operators(true)
            .set_optimization_level(OptimizationLevel::Simple);
        for word in DISABLED {
            engine.disable_symbol(*word);
        }
        add_print(&mut engine);
        engine
    }
}

/// `catch (err) { if err.code == "P3001" { … } }`.
fn add_errors(module: &mut Module) {
    module.set_getter_fn("code", |e: &mut PlanError| -> Fallible<ImmutableString> {
        Ok(e.code.as_str().into())
    });
    module.set_getter_fn(
        "message",
        |e: &mut PlanError| -> Fallible<ImmutableString> { Ok(e.message.as_str().into()) },
    );
    module.set_getter_fn("path", |e: &mut PlanError| Ok(optional(e.path.as_deref())));
    module.set_getter_fn("help", |e: &mut PlanError| Ok(optional(e.help.as_deref())));
    for name in ["to_string", "to_debug"] {
        module.set_native_fn(name, |e: &mut PlanError| -> Fallible<ImmutableString> {
            Ok(format!("{}: {}", e.code, e.message).into())
        });
    }
}

/// Closes every way from a secret to text. What is not closed here does not know the type and
/// fails as a call of an unknown function, which is reported as `P4005` too.
///
/// Rhai throws away errors of `to_string` and `to_debug`, on which `print`, `+`, interpolation,
/// and printing of arrays and maps are built; therefore these end the whole run.
fn add_secrets(module: &mut Module) {
    for name in ["to_string", "to_debug"] {
        let show = |call: NativeCallContext, _: &mut Secret| -> Fallible<ImmutableString> {
            let error = shown("a secret cannot be turned into text");
            if let Ok(run) = RunContext::of(&call) {
                run.halt_with(error.clone(), Some(Place::of(&call)));
            }
            Err(call.raise(error))
        };
        volatile(name).set_into_module(module, show);
    }
    volatile("to_json").set_into_module(module, |call: NativeCallContext, map: &mut Map| {
        if map.values().any(holds_secret) {
            return Err(call.raise(shown(
                "a map with a secret in it cannot be turned into JSON",
            )));
        }
        Ok(ImmutableString::from(rhai::format_map_as_json(map)))
    });
    for name in ["==", "!=", "<", "<=", ">", ">=", "+"] {
        volatile(name).set_into_module(module, |call: NativeCallContext, _: Secret, _: Dynamic| {
            refuse_operator(&call)
        });
        volatile(name).set_into_module(module, |call: NativeCallContext, _: Dynamic, _: Secret| {
            refuse_operator(&call)
        });
    }
}

fn refuse_operator(call: &NativeCallContext) -> Fallible<bool> {
    let operator = call.fn_name();
    let what = if operator == "+" {
        "joined to text"
    } else {
        "compared"
    };
    Err(call.raise(shown(&format!(
        "a secret cannot be {what} with `{operator}`"
    ))))
}

/// Whether a secret is anywhere in a value.
pub(crate) fn holds_secret(value: &Dynamic) -> bool {
    if let Some(array) = value.read_lock::<rhai::Array>() {
        return array.iter().any(holds_secret);
    }
    if let Some(map) = value.read_lock::<Map>() {
        return map.values().any(holds_secret);
    }
    if let Some(function) = value.read_lock::<FnPtr>() {
        return function.iter_curry().any(holds_secret);
    }
    value.is::<Secret>()
}

/// The error for whoever tries to show a secret.
pub(crate) fn shown(message: &str) -> PlanError {
    PlanError::new(Code::P4005, message)
        .help("hand the secret itself to a function that writes or hashes it")
}

/// `print` as Rhai has it, except that the place of the call is remembered: Rhai hands only the
/// text to the one who prints.
fn add_print(engine: &mut Engine) {
    let print = |call: NativeCallContext, args: &mut [&mut Dynamic]| {
        if let Ok(run) = RunContext::of(&call) {
            run.enter(Place::of(&call));
        }
        match args {
            [value] if value.is_string() => Ok((**value).clone()),
            [value] => call.call_native_fn_raw("to_string", true, &mut [value]),
            _ => Ok(call.engine().const_empty_string().into()),
        }
    };
    engine.register_raw_fn("print", [], print);
    for id in [
        TypeId::of::<ImmutableString>(),
        TypeId::of::<i64>(),
        TypeId::of::<f64>(),
        TypeId::of::<bool>(),
        TypeId::of::<char>(),
        TypeId::of::<()>(),
        TypeId::of::<rhai::Array>(),
        TypeId::of::<Map>(),
        TypeId::of::<rhai::Blob>(),
        TypeId::of::<FnPtr>(),
        TypeId::of::<Dynamic>(),
    ] {
        engine.register_raw_fn("print", [id], print);
    }
}

type Fallible<T> = Result<T, Box<EvalAltResult>>;

fn volatile(name: &str) -> FuncRegistration {
    FuncRegistration::new(name)
        .in_global_namespace()
        .with_volatility(true)
}

fn optional(text: Option<&str>) -> Dynamic {
    text.map_or(Dynamic::UNIT, |text| text.to_owned().into())
}

/// The place that `print` remembered.
pub(crate) fn printed_at(run: &RunContext) -> Place {
    run.leave().unwrap_or_else(|| Place {
        script: String::new(),
        position: Position::NONE,
    })
}

#[cfg(test)]
mod tests;
