//! Speaks to a Mintage service.
