//! What is wrong with a plan library. Its scripts and templates are parsed here and not by the
//! command: a hostile one can make a parser spin.

use mintage_plans::PlanLibrary;
use mintage_plans::check::{Finding, check};
use plan_stdlib::StandardLibrary;

pub(super) fn find(library: &PlanLibrary) -> Vec<Finding> {
    check(library, &StandardLibrary)
}
