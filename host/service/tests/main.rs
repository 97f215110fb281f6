//! The routes, driven in-process over a store of their own; [`support::Service`] starts one.

mod access;
mod build_plans;
mod deployment_groups;
mod deployment_plans;
mod document;
mod lists;
mod operation;
mod os_volumes;
mod plan_scripts;
mod support;
mod versions;
