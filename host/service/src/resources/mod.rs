//! The REST resources, a file each: its wire form, its routes, its handlers.

pub mod alerts;
pub mod api_tokens;
mod artifact;
pub mod artifact_bundles;
mod attributes;
pub mod audit_logs;
pub mod build_plans;
pub mod deployment_groups;
pub mod deployment_plans;
pub mod documentation;
pub mod ethernet_networks;
pub mod events;
pub mod golden_images;
pub mod id_pools;
pub mod login_sessions;
pub mod operation;
pub mod os_deployment_plans;
pub mod os_volumes;
pub mod plan_scripts;
pub mod roles;
pub mod server_profiles;
pub mod tasks;
pub mod users;
pub mod version;
pub mod versions;
