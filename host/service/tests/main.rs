//! The routes, driven in-process over a store of their own; [`support::Service`] starts one.

mod deployment_groups;
mod document;
mod operation;
mod support;
