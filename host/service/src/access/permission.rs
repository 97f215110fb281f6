//! `Permission`: what an operation needs, and which roles have it. Operations declare it in the OpenAPI
//! document as the scope of their `security`; one without `security` scopes is refused to all.

use mintage_records::access::Role;

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
    /// To stop tasks, each by whoever may begin its kind: `stop`.
    Stop,
    /// To manage one's own session, password and tokens: `self`.
    Own,
}

impl Permission {
    /// All that a document can name as a scope.
    pub const NAMED: [(&'static str, Self); 6] = [
        ("read", Self::Read),
        ("artifacts", Self::Artifacts),
        ("deploy", Self::Deploy),
        ("administer", Self::Administer),
        ("stop", Self::Stop),
        ("self", Self::Own),
    ];

    /// From its name in the document.
    pub fn parse(name: &str) -> Option<Self> {
        let found = Self::NAMED.iter().find(|(known, _)| *known == name);
        found.map(|(_, permission)| *permission)
    }

    /// The names of all that users with `role` have.
    pub fn names_of(role: Role) -> Vec<&'static str> {
        let granted = Self::NAMED
            .iter()
            .filter(|(_, permission)| permission.is_granted_to(role));
        granted.map(|(name, _)| *name).collect()
    }

    /// Whether a user with `role` has it.
    pub fn is_granted_to(self, role: Role) -> bool {
        match self {
            Self::Public | Self::Read | Self::Own => true,
            Self::Artifacts => matches!(
                role,
                Role::SoftwareAdministrator | Role::InfrastructureAdministrator
            ),
            Self::Deploy => matches!(
                role,
                Role::ServerAdministrator | Role::InfrastructureAdministrator
            ),
            Self::Stop => role != Role::ReadOnly,
            Self::Administer => role == Role::InfrastructureAdministrator,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_have_what_the_documentation_says() {
        use Role::{
            InfrastructureAdministrator, ReadOnly, ServerAdministrator, SoftwareAdministrator,
        };
        let table: &[(Role, &[&str])] = &[
            (ReadOnly, &["read", "self"]),
            (
                SoftwareAdministrator,
                &["read", "artifacts", "stop", "self"],
            ),
            (ServerAdministrator, &["read", "deploy", "stop", "self"]),
            (
                InfrastructureAdministrator,
                &["read", "artifacts", "deploy", "administer", "stop", "self"],
            ),
        ];
        let page = include_str!("../../../../docs/access.md");
        for (role, expected) in table {
            let granted = Permission::NAMED
                .iter()
                .filter(|(_, p)| p.is_granted_to(*role));
            let names: Vec<&str> = granted.map(|(name, _)| *name).collect();
            assert_eq!(names, *expected, "{role}");
            let row = format!("| {role} | `{}` |", names.join("`, `"));
            assert!(page.contains(&row), "docs/access.md lacks {row}");
        }
    }
}
