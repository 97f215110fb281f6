//! The product's verbs, and the tasks that carry them out: intake of golden images, bundles,
//! backups, deploy, capture. Nothing here knows of HTTP.

pub mod alerts;
pub mod boot_tests;
pub mod bundles;
pub mod capacity;
pub mod contents;
mod data_folder;
pub mod export;
mod first_start;
pub mod golden_images;
mod limits;
pub mod networks;
pub mod os_volumes;
pub mod power;
mod script_check;
pub mod server_profiles;
pub mod task;
mod verbs;

pub use data_folder::{DataFolder, golden_volume, os_volume, remove_if_there};
pub use first_start::{FIRST_DEPLOYMENT_GROUP, first_start};
pub use limits::{FileLimit, Limits};
pub use script_check::{ScriptCheck, WorkerScriptCheck};
pub use verbs::{sweep, verbs};
