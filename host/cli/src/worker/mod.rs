//! The worker: a process of this binary that reads images and runs plans, and can do nothing
//! else.
//!
//! The parent ([`process`]) opens the files, starts the worker with those descriptors and nothing
//! else, sends it a job as JSON and gets an answer as JSON. The worker ([`serve()`]) shuts itself
//! into its [`sandbox`] before it reads the job or a byte of an image. Whatever then goes wrong
//! in it ends that process only, and the parent gives the end a name ([`verdict`]).

mod border;
pub mod limits;
pub mod process;
pub mod sandbox;
pub mod serve;
pub mod verdict;

pub use limits::WorkerLimits;
pub use process::{Answer, Worker};
pub use sandbox::SandboxReport;
pub use serve::{Descriptors, WorkerArguments, serve};
pub use verdict::WorkerFailure;
