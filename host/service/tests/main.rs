//! The routes, driven in-process over a store of their own; [`support::Service`] starts one.

// A test fails by a panic, also in the functions that its file is made of; a measurement prints.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout
)]

mod access;
mod artifact_bundles;
mod attacks;
mod boot_tests;
mod build_plans;
mod deployment_groups;
mod deployment_plans;
mod deployment_servers;
mod document;
mod ethernet_networks;
mod id_pools;
mod idempotency;
mod lists;
mod operation;
mod os_volumes;
mod plan_scripts;
mod revoked;
mod secrets;
mod server_hardware;
mod server_profile_templates;
mod server_profiles;
mod support;
mod tasks;
mod versions;
