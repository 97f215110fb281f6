//! The world of one run: what its scripts may reach.

use super::input::RunInput;
use super::mask::Mask;
use mintage_engine::{Code, LogLine, PlanError, PlanWorld, RunMemory, Value};
use mintage_scan::Allowance;
use mintage_volume::filesystem::Timestamp;
use mintage_volume::tree::VolumeTree;

/// The world of one run, for all of its steps.
#[derive(Debug)]
pub(super) struct World {
    input: RunInput,
    time: Timestamp,
    mask: Mask,
    memory: RunMemory,
    pub(super) tree: VolumeTree,
    pub(super) log: Vec<LogLine>,
    pub(super) allowances: Vec<Allowance>,
}

impl World {
    pub(super) fn new(input: &RunInput, time: Timestamp, mask: &Mask, tree: VolumeTree) -> Self {
        Self {
            input: input.clone(),
            time,
            mask: mask.clone(),
            memory: RunMemory::default(),
            tree,
            log: Vec::new(),
            allowances: Vec::new(),
        }
    }
}

impl PlanWorld for World {
    fn called_from(&mut self, script: &str, line: usize) {
        self.tree.set_origin(format!("{script}:{line}"));
    }

    fn tree(&mut self) -> &mut VolumeTree {
        &mut self.tree
    }

    fn attribute(&self, name: &str) -> Option<Value> {
        self.input.values.get(name).cloned()
    }

    fn profile(&self) -> Value {
        Value::Map(self.input.profile.facts().clone())
    }

    fn identity(&self, name: &str) -> Option<Value> {
        self.input.profile.identity(name).cloned()
    }

    fn template(&self, name: &str) -> Option<String> {
        self.input.library.template(name).map(ToOwned::to_owned)
    }

    fn seed(&self) -> &str {
        &self.input.seed
    }

    fn time(&self) -> Timestamp {
        self.time
    }

    fn memory(&mut self) -> &mut RunMemory {
        &mut self.memory
    }

    fn allow_finding(&mut self, name: &str, reason: &str) -> Result<(), PlanError> {
        let allowance = Allowance::parse(name, reason).map_err(|why| {
            PlanError::new(Code::P2013, format!("cannot allow this finding: {why}"))
                .help("take the name from the report of the scan: `KIND in PLACE`")
        })?;
        if !self.allowances.contains(&allowance) {
            self.allowances.push(allowance);
        }
        Ok(())
    }

    fn log(&mut self, mut line: LogLine) {
        self.mask.log_line(&mut line);
        self.log.push(line);
    }
}
