//! The options of a bridge; times are seconds.

use mintage_engine::{Code, PlanError};

/// What of a bridge differs from the kernel's defaults.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::network) struct BridgeOptions {
    /// The spanning tree protocol.
    pub(in crate::network) stp: bool,
    pub(in crate::network) forward_delay: Option<u32>,
    pub(in crate::network) hello_time: Option<u32>,
    pub(in crate::network) max_age: Option<u32>,
    pub(in crate::network) ageing_time: Option<u32>,
    pub(in crate::network) priority: Option<u32>,
}

impl BridgeOptions {
    /// Refuses times that the kernel does not take (`br_private.h`: forward delay 2 to 30, hello 1
    /// to 10, age 6 to 40 with the spanning tree).
    ///
    /// # Errors
    /// `P2013`.
    pub(in crate::network) fn check(&self) -> Result<(), PlanError> {
        let delays = if self.stp { 2..=30 } else { 0..=30 };
        for (option, value, range) in [
            ("forward_delay", self.forward_delay, delays),
            ("hello_time", self.hello_time, 1..=10),
            ("max_age", self.max_age, 6..=40),
            ("ageing_time", self.ageing_time, 0..=1_000_000),
            ("priority", self.priority, 0..=65_535),
        ] {
            if let Some(value) = value.filter(|value| !range.contains(value)) {
                let (from, to) = (range.start(), range.end());
                let message = format!(
                    "the option `{option}` of a bridge goes from {from} to {to}, and is not {value}"
                );
                return Err(PlanError::new(Code::P2013, message).help("times are in seconds"));
            }
        }
        let needs_stp = [self.hello_time, self.max_age, self.priority];
        if !self.stp && needs_stp.iter().any(Option::is_some) {
            let message = "`hello_time`, `max_age` and `priority` of a bridge need `stp: true`";
            return Err(PlanError::new(Code::P2013, message));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_that_the_kernel_takes() {
        let of = |stp, forward_delay, hello_time| BridgeOptions {
            stp,
            forward_delay,
            hello_time,
            ..BridgeOptions::default()
        };
        for (options, good) in [
            (of(false, Some(0), None), true),
            (of(true, Some(0), None), false),
            (of(true, Some(4), Some(2)), true),
            (of(true, None, Some(11)), false),
            (of(false, None, Some(2)), false),
        ] {
            assert_eq!(options.check().is_ok(), good, "{options:?}");
        }
    }
}
