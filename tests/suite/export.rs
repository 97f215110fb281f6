//! Export over iSCSI with real parts: tgtd, driven by the exporter and by the service, and initiators that
//! log in to it.

pub mod bench;
mod daemons;
mod external;
mod logins;
pub mod service;

use bench::TgtBench;
use mintage_test_support::Need;
use mintage_test_support::lane::can_run;

/// Whether tgtd and the initiators of libiscsi are there.
fn is_ready() -> bool {
    let needs = ["tgtd", "tgtadm", "unshare", "iscsi-inq", "iscsi-ls"].map(Need::Program);
    can_run("export", &needs)
}

#[test]
fn tgtd_keeps_the_contract_of_exporters() {
    if is_ready() {
        mintage_storage::export::conformance::run_suite(&TgtBench::new());
    }
}
