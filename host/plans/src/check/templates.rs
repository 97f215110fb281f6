//! What is wrong with templates, and with how scripts render them.

use super::{Finding, error, frame, warning};
use crate::library::PlanLibrary;
use crate::problem::problem;
use mintage_engine::nearest::suggest;
use mintage_engine::{
    Argument, Call, Code, Diagnostic, Frame, Library, MapKey, TemplateFacts, calls,
};
use std::collections::{BTreeMap, BTreeSet};

/// The functions whose argument at this place, counted from 0, is the name of a template, with its
/// variables in the next one.
const RENDERING: [(&str, usize); 2] = [("template::render", 0), ("file::render", 1)];

/// The templates of a library, and what is known of them.
pub(super) struct Templates<'a> {
    library: &'a PlanLibrary,
    facts: BTreeMap<&'a str, TemplateFacts>,
    /// What is wrong with those that cannot be read.
    pub(super) faults: Vec<Diagnostic>,
}

impl<'a> Templates<'a> {
    pub(super) fn read(library: &'a PlanLibrary, grant: &dyn Library) -> Self {
        let mut templates = Self {
            library,
            facts: BTreeMap::new(),
            faults: Vec::new(),
        };
        for (name, text) in library.templates() {
            match grant.read_template(name, text) {
                Ok(facts) => templates.facts.extend(facts.map(|facts| (name, facts))),
                Err(fault) => {
                    let mut diagnostic = Diagnostic::from(fault.error);
                    let place = fault.line.map(|line| whole_line(name, text, line));
                    diagnostic.frames.extend(place);
                    templates.faults.push(diagnostic);
                }
            }
        }
        templates
    }

    /// What is wrong with the renderings in the script `name`.
    pub(super) fn wrong_renderings(&self, name: &str, source: &str) -> Vec<Finding> {
        let calls = calls(source).into_iter();
        let found = calls.flat_map(|call| self.wrong_rendering(name, source, &call));
        found.collect()
    }

    fn wrong_rendering(&self, script: &str, source: &str, call: &Call) -> Vec<Finding> {
        let Some((template, variables)) = rendering(call) else {
            return Vec::new();
        };
        let Some(Argument::Text(template)) = template else {
            return Vec::new();
        };
        let at_call = frame(script, source, call.line, call.column, call.width);
        if self.library.template(template).is_none() {
            let mut missing = problem(
                Code::P2014,
                format!("the library has no template `{template}`"),
            );
            missing.help = suggest(template, self.library.templates().map(|(name, _)| name));
            missing.frames.push(at_call);
            return vec![error(missing)];
        }
        let (Some(Argument::Map(given)), Some(facts)) =
            (variables, self.facts.get(template.as_str()))
        else {
            return Vec::new();
        };
        let missing = missing(template, facts, given, &at_call);
        let missing = missing.into_iter().map(error);
        let more = self.more(template, given).into_iter().map(|key| {
            let message = format!("the template `{template}` does not use `{}`", key.name);
            let mut unused = problem(Code::P5007, message);
            let place = frame(script, source, key.line, key.column, key.width);
            unused.frames.push(place);
            warning(unused)
        });
        missing.chain(more).collect()
    }

    /// The variables that neither the template nor what it refers to looks at.
    fn more<'k>(&self, template: &str, given: &'k [MapKey]) -> Vec<&'k MapKey> {
        let Some(all) = self.closure([template]) else {
            return Vec::new();
        };
        let uses = |name: &str| {
            let facts = all.iter().filter_map(|template| self.facts.get(*template));
            facts.into_iter().any(|facts| facts.used.contains(name))
        };
        given.iter().filter(|key| !uses(&key.name)).collect()
    }

    /// The templates `from` and all that they refer to; none when that cannot be told.
    fn closure<'t>(&'t self, from: impl IntoIterator<Item = &'t str>) -> Option<BTreeSet<&'t str>> {
        let mut all = BTreeSet::new();
        let mut open: Vec<&str> = from.into_iter().collect();
        while let Some(name) = open.pop() {
            if !all.insert(name) {
                continue;
            }
            // One that does not exist refers to nothing; one that cannot be read, to anything.
            let Some(facts) = self.facts.get(name) else {
                match self.library.template(name) {
                    Some(_) => return None,
                    None => continue,
                }
            };
            if facts.refers_to_any {
                return None;
            }
            open.extend(facts.refers.iter().map(String::as_str));
        }
        Some(all)
    }

    /// The templates that no script renders.
    pub(super) fn unused(&self) -> Vec<Finding> {
        let calls = self.library.scripts().flat_map(|(_, text)| calls(text));
        let mut rendered = BTreeSet::new();
        for call in calls {
            match rendering(&call) {
                None => {}
                Some((Some(Argument::Text(name)), _)) => drop(rendered.insert(name.clone())),
                // A name that is computed may be any.
                Some(_) => return Vec::new(),
            }
        }
        let Some(used) = self.closure(rendered.iter().map(String::as_str)) else {
            return Vec::new();
        };
        let names = self.library.templates().map(|(name, _)| name);
        let unused = names.filter(|name| !used.contains(name)).map(|name| {
            let message = format!("no script uses the template `{name}`");
            warning(problem(Code::P5007, message))
        });
        unused.collect()
    }
}

/// The template and the variables that a call renders.
fn rendering(call: &Call) -> Option<(Option<&Argument>, Option<&Argument>)> {
    let mut by = RENDERING.iter();
    let (_, at) = by.find(|(function, _)| *function == call.name)?;
    Some((call.arguments.get(*at), call.arguments.get(at + 1)))
}

/// The variables that the template needs and does not get.
fn missing(
    template: &str,
    facts: &TemplateFacts,
    given: &[MapKey],
    at_call: &Frame,
) -> Vec<Diagnostic> {
    let names = || given.iter().map(|key| key.name.as_str());
    let missing = facts
        .required
        .iter()
        .filter(|name| !names().any(|given| given == *name));
    let missing = missing.map(|name| {
        let message = format!("the template `{template}` needs the variable `{name}`");
        let mut missing = problem(Code::P2014, message);
        // One that it gets and does not use may be the one that is meant.
        let spare = names().filter(|given| !facts.used.contains(*given));
        missing.help = mintage_engine::nearest::nearest(name, spare)
            .map(|near| format!("it gets `{near}`, which it does not use"));
        missing.frames.push(at_call.clone());
        missing
    });
    missing.collect()
}

/// A line of a template.
fn whole_line(name: &str, text: &str, line: usize) -> Frame {
    let name = format!("templates/{name}");
    let shown = text.lines().nth(line.saturating_sub(1)).unwrap_or_default();
    let indent = shown.len() - shown.trim_start().len();
    let width = shown.trim().chars().count().max(1);
    frame(&name, text, line, indent + 1, width)
}
