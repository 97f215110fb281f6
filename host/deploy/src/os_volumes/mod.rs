//! OS volumes: deploy, preview, capture.

pub mod assembly;
pub mod capture;
pub mod capturing;
pub mod deploy;
pub mod making;
pub mod pinned_plan;
pub mod preview;
pub mod problem;
pub mod run;
pub mod settings;
pub mod verbs;

pub use capture::{Capture, CaptureRequest};
pub use capturing::{Captured, Capturing};
pub use deploy::{DeployRequest, Deployment, Seed};
pub use making::Making;
pub use pinned_plan::PinnedPlan;
pub use preview::preview;
pub use problem::DeployError;
pub use run::{Prepared, RunRecord};
pub use settings::{Setting, Settings};
pub use verbs::{CaptureVolume, Deploy};

#[cfg(test)]
mod tests;
