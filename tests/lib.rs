//! The integration tests live in `suite/`; this library is empty on purpose: a package needs a target to hang its tests on.
