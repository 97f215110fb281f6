//! How long lists of 10,000 artifacts take, from the request to the last byte of the reply.

use crate::support::Service;
use mintage_records::model::{BuildPlan, BuildStep, Language, PlanScript, PlanType};
use mintage_records::{Author, RecordsError};
use std::collections::BTreeMap;
use std::time::Instant;

/// How many plan scripts there are, and how many build plans.
const MANY: u64 = 10_000;
/// How often each list is asked for.
const ROUNDS: usize = 9;

/// A script of 2 KB that asks for two attributes, and a build plan with it.
fn artifacts(number: u64) -> (PlanScript, BuildPlan) {
    let script = PlanScript {
        name: format!("script {:05}", (number * 7919) % MANY),
        description: Some(format!("what number {number} is for")),
        plan_type: match number % 3 {
            0 => PlanType::Deploy,
            1 => PlanType::Capture,
            _ => PlanType::General,
        },
        language: Language::Guestfish,
        content: format!(
            "echo @Host@ @NIC1.ipaddress:{number}@\n{}",
            "mkdir-p /etc/app\n".repeat(120)
        ),
        templates: BTreeMap::new(),
        hp_provided: false,
    };
    let plan = BuildPlan {
        name: format!("plan {number}"),
        description: None,
        oe_build_plan_type: "deploy".to_owned(),
        steps: Vec::new(),
        custom_attributes: Vec::new(),
        mounts: BTreeMap::new(),
        deadline_seconds: None,
        hp_provided: false,
    };
    (script, plan)
}

fn fill(service: &Service) {
    let filled = service.state.records.change(&Author::service(), |change| {
        for number in 0..MANY {
            let (script, mut plan) = artifacts(number);
            let script = change.insert(script)?;
            plan.steps.push(BuildStep {
                plan_script: script.id,
                parameters: None,
            });
            change.insert(plan)?;
        }
        Ok::<_, RecordsError>(())
    });
    filled.unwrap();
}

#[test]
#[ignore = "a measurement: tests/bench-service runs it"]
fn lists_of_many_artifacts() {
    let service = Service::start();
    fill(&service);
    println!("| list | bytes | milliseconds (median of {ROUNDS}) |\n|---|---|---|");
    for uri in [
        "/rest/plan-scripts?start=0&count=25",
        "/rest/plan-scripts?start=5000&count=25",
        "/rest/plan-scripts?start=0&count=25&sort=name:asc",
        "/rest/plan-scripts?start=0&count=25&sort=name:asc&filter=planType=capture",
        "/rest/plan-scripts?start=0&count=25&sort=modified:desc",
        "/rest/plan-scripts?start=0&count=25&sort=description:asc&filter=planType=capture",
        "/rest/plan-scripts?start=0&count=-1&filter=%22name%3D%27script%2004711%27%22",
        "/rest/plan-scripts?start=0&count=-1&filter=name%20matches%20%27%2542%25%27",
        "/rest/plan-scripts?start=0&count=1000",
        "/rest/plan-scripts?start=0&count=-1",
        "/rest/build-plans?start=0&count=25",
        "/rest/build-plans?start=0&count=-1&filter=oeBuildPlanType=capture",
        "/rest/build-plans?start=0&count=-1",
    ] {
        let mut times = Vec::new();
        let mut bytes = 0;
        for _ in 0..ROUNDS {
            let start = Instant::now();
            let reply = service.get(uri);
            times.push(start.elapsed().as_secs_f64() * 1e3);
            assert_eq!(reply.status.as_u16(), 200);
            bytes = reply.bytes.len();
        }
        times.sort_by(f64::total_cmp);
        println!("| `{uri}` | {bytes} | {:.1} |", times[ROUNDS / 2]);
    }
}
