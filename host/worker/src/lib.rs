//! The sandboxed worker process that reads images and runs plans.
