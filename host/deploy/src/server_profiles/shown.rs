//! The values of a profile as they are shown: those that were given, and those that the service added.

use super::given::MASK;
use mintage_records::model::{AttributeValue, OsDeployment};

/// Names and values in the order in which they were given; secrets masked; an empty one is none.
pub fn shown(deployment: &OsDeployment) -> Vec<(String, String)> {
    let given = deployment.attributes.iter().map(|given| {
        let filled = deployment.filled.get(&given.name);
        let value = match (filled, &given.value) {
            (Some(filled), _) => filled.clone(),
            (None, Some(AttributeValue::Plain(text))) => text.clone(),
            (None, Some(AttributeValue::Sealed(_))) => MASK.to_owned(),
            (None, None) => String::new(),
        };
        (given.name.clone(), value)
    });
    let is_given = |name: &str| deployment.attributes.iter().any(|given| given.name == name);
    let added = deployment.filled.iter().filter(|(name, _)| !is_given(name));
    let added = added.map(|(name, value)| (name.clone(), value.clone()));
    given.chain(added).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use mintage_records::model::GivenAttribute;
    use mintage_records::{Id, Sealer};

    #[test]
    fn secrets_are_masked_and_what_was_added_stands_at_its_place_or_at_the_end() {
        let sealed = Sealer::new(&[7; 32]).seal("secret").unwrap();
        let plain = |text: &str| Some(AttributeValue::Plain(text.to_owned()));
        let given = [
            ("Password", Some(AttributeValue::Sealed(sealed))),
            ("NIC1.ipaddress", None),
            ("HostName", plain("web01")),
        ];
        let deployment = OsDeployment {
            deployment_plan: Id::generate(),
            attributes: given
                .map(|(name, value)| GivenAttribute {
                    name: name.to_owned(),
                    value,
                })
                .into(),
            filled: [
                ("NIC1.ipaddress", "192.0.2.7"),
                ("NIC1.mac", "52:54:00:00:00:01"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        };
        let shown: Vec<String> = shown(&deployment)
            .into_iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        assert_eq!(
            shown.join(" "),
            "Password=******** NIC1.ipaddress=192.0.2.7 HostName=web01 NIC1.mac=52:54:00:00:00:01"
        );
    }
}
