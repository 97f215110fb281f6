//! The REST resources, a file each: its wire form, its routes, its handlers.

pub mod deployment_groups;
pub mod documentation;
pub mod operation;
pub mod version;
