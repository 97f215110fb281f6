//! The metadata store: resources, tasks, users, sessions, audit.
