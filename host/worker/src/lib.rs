//! The worker: a process of this very program that reads images and runs plans, and can do nothing
//! else.
//!
//! The parent ([`process`]) opens the files, starts the worker with those descriptors and nothing
//! else, sends it a [`Job`] as JSON and gets an answer as JSON. The worker ([`serve()`]) shuts
//! itself into its [`sandbox`] before it reads the job or a byte of an image. Whatever then goes
//! wrong in it ends that process only, and the parent gives the end a name ([`verdict`]).
//!
//! What a job does is not here: it needs the functions that scripts call, and those are handed to
//! [`serve()`] by the program. [`Personalization`] is one run as its parent sees it: a worker runs
//! the plan, and only then a volume is made.

pub mod answers;
mod border;
pub mod cancellation;
pub mod job;
pub mod limits;
pub mod personalize;
pub mod process;
pub mod sandbox;
pub mod serve;
pub mod verdict;

pub use cancellation::Cancellation;
pub use job::Job;
pub use limits::WorkerLimits;
pub use personalize::{
    CloneImage, Destination, Image, Personalization, PersonalizeError, Personalized, Stage, Volume,
};
pub use process::{Answer, Worker};
pub use sandbox::SandboxReport;
pub use serve::{Descriptors, WorkerArguments, serve};
pub use verdict::WorkerFailure;
