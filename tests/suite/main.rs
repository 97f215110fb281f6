//! The integration tests of the product, one binary: one link, and one place to look.
//!
//! Every file of this folder is a `mod` line below; a test fails when one is forgotten.

mod directory;
mod ext4_differential;
mod ext4_images;
mod house;
mod layouts;
mod vfat;
