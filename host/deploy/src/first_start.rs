//! What a service has from its first start on.

use mintage_records::model::DeploymentGroup;
use mintage_records::{Author, Query, Records, RecordsError};

/// The name by which clients look for the first deployment group.
pub const FIRST_DEPLOYMENT_GROUP: &str = "OSS";

/// Makes what every service has and this one has not yet: the first deployment group. To be called at
/// every start.
///
/// # Errors
/// When the store cannot be changed.
pub fn first_start(records: &Records) -> Result<(), RecordsError> {
    let any = Query {
        count: Some(1),
        ..Query::default()
    };
    records.change(&Author::service(), |change| {
        if change.list::<DeploymentGroup>(&any)?.total == 0 {
            change.insert(DeploymentGroup {
                name: FIRST_DEPLOYMENT_GROUP.to_owned(),
                description: None,
            })?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use mintage_records::DatabaseUrl;

    #[test]
    fn there_is_one_group_however_often_the_service_starts() {
        let folder = tempfile::tempdir().unwrap();
        let url = DatabaseUrl::Sqlite(folder.path().join("records.db"));
        for _ in 0..2 {
            let records = Records::open(&url, "test").unwrap();
            first_start(&records).unwrap();
            let groups = records.read(|view| view.all::<DeploymentGroup>()).unwrap();
            let names: Vec<&str> = groups
                .iter()
                .map(|group| group.body.name.as_str())
                .collect();
            assert_eq!(names, ["OSS"]);
        }
    }
}
