//! Documents to store.

use mintage_records::model::{
    AddressFragment, BuildPlan, BuildStep, DeploymentPlan, GoldenImage, Ipv4Range, Ipv4Subnet,
    Language, OsVolume, Pin, PlanScript, PlanType, State, Task, TaskState,
};
use mintage_records::{Author, Id, Kind, Records, RecordsError, Resource, Stored};
use std::collections::BTreeMap;
use std::net::Ipv4Addr;

pub fn author() -> Author {
    Author::user("ada")
}

pub fn script(name: &str) -> PlanScript {
    PlanScript {
        name: name.to_owned(),
        description: None,
        plan_type: PlanType::Deploy,
        language: Language::Rhai,
        content: "log::info(\"hello\");\n".to_owned(),
        templates: BTreeMap::from([("hosts.j2".to_owned(), "{{ ip }}\n".to_owned())]),
        hp_provided: false,
    }
}

pub fn build_plan(name: &str, scripts: &[Id]) -> BuildPlan {
    let step = |id: &Id| BuildStep {
        plan_script: id.clone(),
        parameters: None,
    };
    BuildPlan {
        name: name.to_owned(),
        description: None,
        oe_build_plan_type: "deploy".to_owned(),
        steps: scripts.iter().map(step).collect(),
        custom_attributes: Vec::new(),
        mounts: BTreeMap::new(),
        deadline_seconds: None,
        hp_provided: false,
    }
}

pub fn golden_image(name: &str, size: u64) -> GoldenImage {
    GoldenImage {
        name: name.to_owned(),
        description: None,
        state: State::Ok,
        size,
        used: 0,
        check_sum: None,
        volume_sum: None,
        format: None,
        image_capture: false,
        provenance: None,
        imported_from_bundle: false,
        bundle_name: None,
        bundle: None,
        read_only: false,
        inspection: None,
        upload: None,
        boot_test: None,
    }
}

pub fn deployment_plan(name: &str, build_plan: &Id, golden_image: Option<&Id>) -> DeploymentPlan {
    DeploymentPlan {
        name: name.to_owned(),
        description: None,
        build_plan: build_plan.clone(),
        golden_image: golden_image.cloned(),
        custom_attributes: Vec::new(),
        hp_provided: false,
    }
}

pub fn os_volume(name: &str, plan: &Stored<DeploymentPlan>) -> OsVolume {
    OsVolume {
        name: name.to_owned(),
        description: None,
        state: State::Ok,
        size: 1 << 30,
        deployment_plan: plan.id.clone(),
        golden_image: plan.body.golden_image.clone(),
        pins: vec![Pin {
            kind: Kind::DeploymentPlans,
            id: plan.id.clone(),
            name: plan.body.name.clone(),
            version: plan.version,
        }],
        seed: None,
        outcome: None,
        export: None,
        boot_test: None,
    }
}

pub fn task(state: TaskState) -> Task {
    Task {
        name: "Create".to_owned(),
        owner: "ada".to_owned(),
        task_state: state,
        task_status: String::new(),
        percent_complete: 0,
        steps: Vec::new(),
        log: Vec::new(),
        errors: Vec::new(),
        warnings: Vec::new(),
        output: Vec::new(),
        resource: None,
        resource_name: None,
        verb: "test".to_owned(),
        input: serde_json::Value::Null,
        cancel_requested: false,
        started: None,
        ended: None,
    }
}

/// Stores one document in a change of its own.
pub fn put<R: Resource>(records: &Records, body: R) -> Stored<R> {
    records
        .change(&author(), |change| change.insert(body))
        .unwrap()
}

/// One document as it is now.
pub fn get<R: Resource>(records: &Records, id: &Id) -> Result<Stored<R>, RecordsError> {
    records.read(|view| view.get(id))
}

pub fn subnet(name: &str) -> Ipv4Subnet {
    Ipv4Subnet {
        name: name.to_owned(),
        network_id: Ipv4Addr::new(10, 0, 0, 0),
        subnetmask: Ipv4Addr::new(255, 255, 255, 0),
        gateway: Some(Ipv4Addr::new(10, 0, 0, 1)),
        dns_servers: vec![Ipv4Addr::new(10, 0, 0, 2)],
        domain: Some("example.com".to_owned()),
    }
}

pub fn range(name: &str, subnet: &Id) -> Ipv4Range {
    let fragment = AddressFragment {
        start_address: Ipv4Addr::new(10, 0, 0, 10),
        end_address: Ipv4Addr::new(10, 0, 0, 19),
    };
    Ipv4Range {
        name: name.to_owned(),
        subnet: subnet.clone(),
        start_stop_fragments: vec![fragment],
        enabled: true,
    }
}
