//! Starting servers: their power and what they boot from, by their BMCs; the text that iPXE boots by; and
//! boot tests of images in an emulator.
//!
//! Nothing here knows of records or of the service's HTTP server.

pub mod boot_test;
pub mod ipxe;
pub mod power;
pub mod redfish;
