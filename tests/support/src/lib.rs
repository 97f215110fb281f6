//! What the integration tests share: lanes that need a machine, a hermetic environment, and real
//! images.

pub mod lane;

pub use lane::Need;
