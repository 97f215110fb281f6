//! `Off`: nothing is exported.

use super::{Export, ExportError, Exporter, Force, Iqn, Portal, Published, Result, Session};

/// The exporter of a service whose settings say that nothing is exported: it has no portals and no targets,
/// and refuses to make one.
#[derive(Debug, Clone, Copy, Default)]
pub struct Off;

impl Exporter for Off {
    fn publish(&self, _export: &Export) -> Result<Published> {
        Err(ExportError::Off)
    }

    fn unpublish(&self, _target: &Iqn, _force: Force) -> Result<()> {
        Ok(())
    }

    fn sessions(&self, _target: &Iqn) -> Result<Vec<Session>> {
        Ok(Vec::new())
    }

    fn list(&self) -> Result<Vec<Iqn>> {
        Ok(Vec::new())
    }

    fn portals(&self) -> Vec<Portal> {
        Vec::new()
    }
}
