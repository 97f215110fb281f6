//! `Permission`: what an operation needs. Operations declare it in the OpenAPI document as the scope
//! of their `security`; one without `security` scopes is refused to all.

/// What an operation needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Permission {
    /// Nothing: `security(())`.
    Public,
    /// To read artifacts, volumes, tasks, alerts: `read`.
    Read,
    /// To make, change and delete artifacts: `artifacts`.
    Artifacts,
    /// To deploy and capture: `deploy`.
    Deploy,
    /// To manage users, settings, backups: `administer`.
    Administer,
    /// To manage one's own session, password and tokens: `self`.
    Own,
}

impl Permission {
    /// All that a document can name as a scope.
    const NAMED: [(&'static str, Self); 5] = [
        ("read", Self::Read),
        ("artifacts", Self::Artifacts),
        ("deploy", Self::Deploy),
        ("administer", Self::Administer),
        ("self", Self::Own),
    ];

    /// From its name in the document.
    pub fn parse(name: &str) -> Option<Self> {
        let found = Self::NAMED.iter().find(|(known, _)| *known == name);
        found.map(|(_, permission)| *permission)
    }
}
