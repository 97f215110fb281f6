//! `MemoryPower`: a server that is only thought of, for the tests of what switches servers.
//!
//! It keeps the whole contract, and remembers what it was told.

// As the suite that it is for: a poisoned lock is a test that failed.
#![allow(clippy::unwrap_used)]

use super::{Boot, BootNow, Power, PowerControl, PowerState, Result, Times};
use std::sync::Mutex;

/// A server that is only thought of; off at first.
#[derive(Debug, Default)]
pub struct MemoryPower {
    state: Mutex<Told>,
}

#[derive(Debug, Default)]
struct Told {
    is_on: bool,
    starts: usize,
    boot: Option<BootNow>,
}

impl MemoryPower {
    /// How often it was started.
    pub fn starts(&self) -> usize {
        self.state.lock().unwrap().starts
    }
}

impl PowerControl for MemoryPower {
    fn state(&self) -> Result<PowerState> {
        Ok(match self.state.lock().unwrap().is_on {
            true => PowerState::On,
            false => PowerState::Off,
        })
    }

    fn power(&self, power: Power) -> Result<()> {
        let mut told = self.state.lock().unwrap();
        let starts = match power {
            Power::On => !told.is_on,
            Power::Restart(_) => true,
            Power::Off(_) => false,
        };
        told.is_on = !matches!(power, Power::Off(_));
        if starts {
            told.starts += 1;
            told.boot = told.boot.filter(|boot| boot.times == Times::Continuous);
        }
        Ok(())
    }

    fn set_boot(&self, boot: &Boot) -> Result<()> {
        let kind = boot.target.kind();
        let times = boot.times;
        self.state.lock().unwrap().boot = kind.map(|kind| BootNow { kind, times });
        Ok(())
    }

    fn boot(&self) -> Result<Option<BootNow>> {
        Ok(self.state.lock().unwrap().boot)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::power::conformance::{Tells, run_suite};

    #[test]
    fn it_keeps_the_contract() {
        run_suite(&MemoryPower::default(), Tells::Everything);
    }

    #[test]
    fn an_override_for_once_is_gone_after_a_start() {
        let server = MemoryPower::default();
        let boot = Boot {
            target: crate::power::BootTarget::Pxe,
            times: Times::Once,
        };
        server.set_boot(&boot).unwrap();
        server.power(Power::On).unwrap();
        server.power(Power::On).unwrap();
        assert_eq!((server.starts(), server.boot().unwrap()), (1, None));
    }
}
