//! The integration tests of the product, one binary: one link, and one place to look.
//!
//! Every file of this folder is a `mod` line below; a test fails when one is forgotten.

// A test fails by a panic, also in the functions that its file is made of.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod accounts;
mod archives;
mod boot_listen;
mod boot_loader;
mod boot_test;
mod bundles;
mod capture;
mod cases;
mod ceph;
mod chain;
mod clone;
mod contents;
mod debian;
mod demo;
mod deployments;
mod directory;
mod docs;
mod drop_ins;
mod editors;
mod export;
mod ext4_differential;
mod ext4_hostile;
mod ext4_images;
mod firewall_and_multipath;
mod first_boot_settings;
mod formats;
mod golden_images;
mod goldens;
mod hostile;
mod hostile_images;
mod hostile_requests;
mod hostile_scripts;
mod hostile_uploads;
mod house;
mod image_formats;
mod kill;
mod layouts;
mod manual;
mod nbd;
mod network;
mod network_ifcfg;
mod network_ifupdown;
mod network_netplan;
mod network_networkd;
mod network_networkmanager;
mod nothing_half_done;
mod package;
mod pages;
mod profiles_kill;
mod redfish;
mod remote;
mod remote_apply;
mod samples;
mod schemathesis;
mod sdk;
mod secrets;
mod selinux;
mod serve;
mod store;
mod system_files;
mod systemd_units;
mod vfat;
mod web_ui;
