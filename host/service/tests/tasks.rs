//! Tasks, events and alerts: in the form of the wire, waited for, stopped.

use crate::support::{Service, request};
use axum::http::Method;
use mintage_deploy::DataFolder;
use mintage_deploy::alerts::{NewAlert, raise};
use mintage_deploy::task::{
    AfterCrash, NewTask, StepContext, StepPlan, TaskFailure, Verb, Verbs, begin,
};
use mintage_records::model::Severity;
use mintage_records::{Author, Id, Kind};
use serde_json::{Value as Json, json};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Waits for a file, or fails.
struct Wait(PathBuf);

impl Verb for Wait {
    const NAME: &'static str = "wait";
    type Input = bool;
    type Step = bool;
    const STEPS: &'static [StepPlan<bool>] = &[
        StepPlan::new(false, "begin", AfterCrash::RunAgain),
        StepPlan::new(true, "wait", AfterCrash::RunAgain),
    ];

    fn run(
        &self,
        waits: bool,
        fails: &bool,
        context: &mut StepContext,
    ) -> Result<Json, TaskFailure> {
        while waits && !self.0.exists() {
            context.check()?;
            std::thread::sleep(Duration::from_millis(5));
        }
        match waits && *fails {
            true => Err(TaskFailure::new("NO_LUCK", "no luck today")
                .details("nowhere")
                .action("Try tomorrow.")),
            false => Ok(Json::Null),
        }
    }

    fn undo(&self, _: bool, _: &bool, _: &Json, _: &mut StepContext) -> Result<(), TaskFailure> {
        Ok(())
    }
}

fn verbs(folder: &DataFolder) -> Verbs {
    Verbs::new().with(Wait(folder.root().join("go")))
}

fn begin_task(service: &Service, fails: bool) -> String {
    let task = service
        .state
        .records
        .change(&Author::user("anna"), |change| {
            let task = NewTask::<Wait> {
                name: "Create",
                input: &fails,
                resource: Some((Kind::GoldenImages, Id::parse("image-1").unwrap())),
                resource_name: Some("image"),
            };
            begin(change, task)
        });
    format!("/rest/tasks/{}", task.unwrap().id)
}

fn go(service: &Service) {
    std::fs::write(service.state.folder.root().join("go"), "").unwrap();
}

#[test]
fn a_task_has_every_member_of_the_wire() {
    let service = Service::start_with_verbs(verbs);
    let uri = begin_task(&service, true);
    go(&service);
    let mut task = service.get(&format!("{uri}?wait=20")).json(200);
    for member in ["created", "modified", "started", "ended"] {
        let time = task[member].as_str().unwrap();
        assert!(time.ends_with('Z') && time.len() == 24, "{time}");
        task[member] = "TIME".into();
    }
    for step in task["steps"].as_array_mut().unwrap() {
        assert!(step["milliseconds"].is_u64());
        for member in ["started", "ended", "milliseconds"] {
            step[member] = "TIME".into();
        }
    }
    for update in task["progressUpdates"].as_array_mut().unwrap() {
        update["timestamp"] = "TIME".into();
    }
    let version = task["eTag"].as_str().unwrap().parse::<u64>();
    assert!(version.unwrap() > 1);
    task["eTag"] = "VERSION".into();
    let step = |name: &str| {
        json!({ "name": name, "state": "undone", "started": "TIME",
        "ended": "TIME", "milliseconds": "TIME" })
    };
    let said = |id: u64, text: &str| json!({ "id": id, "timestamp": "TIME", "statusUpdate": text });
    assert_eq!(
        task,
        json!({
            "type": "TaskResourceV2", "category": "tasks", "uri": uri, "name": "Create",
            "owner": "anna", "taskState": "Error", "taskStatus": "no luck today",
            "stateReason": "NO_LUCK", "taskType": "User", "percentComplete": 100,
            "computedPercentComplete": 100, "completedSteps": 0, "totalSteps": 2,
            "expectedDuration": 0, "hidden": false, "userInitiated": true, "isCancellable": false,
            "created": "TIME", "modified": "TIME", "eTag": "VERSION", "data": null,
            "parentTaskUri": null, "associatedTaskUri": null,
            "associatedResource": { "resourceUri": "/rest/golden-images/image-1",
                "resourceName": "image", "resourceCategory": "golden-images",
                "associationType": "MANAGED_BY" },
            "progressUpdates": [said(0, "Step `wait` failed: no luck today"), said(1, "no luck today")],
            "taskOutput": [],
            "taskErrors": [{ "errorCode": "NO_LUCK", "message": "no luck today", "details": "nowhere",
                "recommendedActions": ["Try tomorrow."], "errorSource": null, "nestedErrors": [],
                "data": {} }],
            "steps": [step("begin"), step("wait")], "started": "TIME", "ended": "TIME",
        })
    );
}

#[test]
fn a_task_is_waited_for() {
    let service = Service::start_with_verbs(verbs);
    let uri = begin_task(&service, false);
    let get = |query: &str| {
        let begun = Instant::now();
        let task = service.get(&format!("{uri}{query}")).json(200);
        (task, begun.elapsed())
    };
    // New, then its first and second step.
    let mut task = get("").0;
    while task["completedSteps"] != 1 {
        let version = task["eTag"].as_str().unwrap();
        task = get(&format!("?wait=20&sinceVersion={version}")).0;
    }
    let version = task["eTag"].as_str().unwrap();
    let (same, took) = get(&format!("?wait=1&sinceVersion={version}"));
    assert_eq!(
        (
            same["eTag"].as_str().unwrap(),
            took >= Duration::from_secs(1)
        ),
        (version, true)
    );
    let (_, took) = get("?wait=60&sinceVersion=1");
    assert!(took < Duration::from_secs(20));
    go(&service);
    let (ended, took) = get("?wait=60");
    assert_eq!(ended["taskState"], "Completed");
    assert!(took < Duration::from_secs(20));

    for (query, expected) in [
        (
            "?wait=long",
            "INVALID_QUERY: `wait` must be a whole number, 0 or more",
        ),
        (
            "?sinceVersion=-1",
            "INVALID_QUERY: `sinceVersion` must be a whole number, 0 or more",
        ),
    ] {
        assert_eq!(service.get(&format!("{uri}{query}")).refusal(400), expected);
    }
    service.get("/rest/tasks/none?wait=5").refusal(404);
}

#[test]
fn waiting_ends_when_the_service_stops() {
    let service = Service::start_with_verbs(verbs);
    let uri = begin_task(&service, false);
    let stop = service.state.stop.clone();
    let asked = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(100));
        stop.ask();
    });
    let begun = Instant::now();
    service.get(&format!("{uri}?wait=60")).json(200);
    assert!(begun.elapsed() < Duration::from_secs(20));
    asked.join().unwrap();
}

#[test]
fn a_task_is_stopped_once() {
    let service = Service::start_with_verbs(verbs);
    let uri = begin_task(&service, false);
    let cancel = format!("{uri}/cancel");
    let stopping = service.post(&cancel, &json!({})).json(200);
    assert_eq!(
        (&stopping["taskState"], &stopping["isCancellable"]),
        (&json!("Stopping"), &json!(false))
    );
    let ended = service.get(&format!("{uri}?wait=20")).json(200);
    assert_eq!(ended["taskState"], "Terminated");
    let again = service.post(&cancel, &json!({})).json(200);
    assert_eq!(again["taskState"], "Terminated");
    let as_in_oneview = service.send(request(Method::PATCH, &uri, "")).json(200);
    assert_eq!(as_in_oneview["taskState"], "Terminated");

    go(&service);
    let done = begin_task(&service, false);
    service.get(&format!("{done}?wait=20")).json(200);
    assert_eq!(
        service
            .post(&format!("{done}/cancel"), &json!({}))
            .refusal(409),
        "TASK_ENDED: the task has ended already, as Completed"
    );
    service
        .post("/rest/tasks/none/cancel", &json!({}))
        .refusal(404);
}

#[test]
fn tasks_are_listed_the_oldest_first() {
    let service = Service::start_with_verbs(verbs);
    go(&service);
    let [failed, done] = [true, false].map(|fails| {
        let uri = begin_task(&service, fails);
        service.get(&format!("{uri}?wait=20")).json(200);
        uri
    });
    let uris = |query: &str| {
        let list = service.get(&format!("/rest/tasks{query}")).json(200);
        assert_eq!(list["type"], "TaskResourceCollection");
        let members = list["members"].as_array().unwrap();
        members
            .iter()
            .map(|task| task["uri"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(uris("?filter=taskState='Error'"), [failed.as_str()]);
    assert_eq!(
        uris("?filter=taskState%3C%3E'Error'&filter=owner=anna"),
        [done.as_str()]
    );
    assert_eq!(
        uris("?sort=taskState:asc"),
        [done.as_str(), failed.as_str()]
    );
    assert_eq!(uris(""), [failed.as_str(), done.as_str()]);
    assert_eq!(uris("?start=1&count=1").len(), 1);
}

#[test]
fn alerts_are_listed() {
    let service = Service::start();
    let alert = NewAlert {
        severity: Severity::Critical,
        description: "the disk is full".to_owned(),
        corrective_action: "Delete something.".to_owned(),
        resource: Some((Kind::Tasks, Id::parse("t1").unwrap())),
    };
    let raised = service.state.records.change(&Author::service(), |change| {
        let first = raise(change, alert.clone())?;
        // What is known already is not told again.
        assert_eq!(raise(change, alert.clone())?, first);
        Ok::<_, mintage_records::RecordsError>(first)
    });
    let uri = format!("/rest/alerts/{}", raised.unwrap().id);
    let list = service
        .get("/rest/alerts?filter=severity=Critical")
        .json(200);
    assert_eq!(
        (&list["total"], list["members"][0]["uri"].as_str()),
        (&json!(1), Some(uri.as_str()))
    );
    let alert = service.get(&uri).json(200);
    assert_eq!(alert, list["members"][0]);
    for (member, value) in [
        ("category", "alerts"),
        ("description", "the disk is full"),
        ("severity", "Critical"),
        ("alertState", "Active"),
        ("correctiveAction", "Delete something."),
    ] {
        assert_eq!(alert[member], value);
    }
    assert_eq!(alert["associatedResource"]["resourceUri"], "/rest/tasks/t1");
}

/// Reads what there is of the stream until it has `count` messages.
fn read(
    service: &Service,
    last: Option<&str>,
    count: usize,
    meanwhile: impl FnOnce(),
) -> Vec<(String, Json)> {
    let mut get = request(Method::GET, "/rest/events", "");
    if let Some(last) = last {
        get.headers_mut()
            .insert("last-event-id", last.parse().unwrap());
    }
    let text = service.stream(get, meanwhile, |text| text.matches("\n\n").count() >= count);
    let messages = text.split("\n\n").filter(|message| !message.is_empty());
    let field = |message: &str, name: &str| {
        let lines = message.lines();
        let mut found = lines.filter_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        found.next().unwrap_or_default().trim().to_owned()
    };
    let read = messages.map(|message| {
        let data = serde_json::from_str(&field(message, "data")).unwrap();
        (field(message, "id"), data)
    });
    read.collect()
}

#[test]
fn changes_are_told_as_they_happen_and_again_after_a_break() {
    let service = Service::start();
    let raise_one = |text: &str| {
        let alert = NewAlert {
            severity: Severity::Ok,
            description: text.to_owned(),
            corrective_action: String::new(),
            resource: None,
        };
        let raised = service
            .state
            .records
            .change(&Author::service(), |change| raise(change, alert));
        format!("/rest/alerts/{}", raised.unwrap().id)
    };
    raise_one("before");
    let mut uris = Vec::new();
    let seen = read(&service, None, 2, || {
        uris = vec![raise_one("one"), raise_one("two")];
    });
    let told: Vec<&str> = seen
        .iter()
        .map(|(_, data)| data["uri"].as_str().unwrap())
        .collect();
    assert_eq!(told, uris, "only what happens from then on");
    assert_eq!(
        (&seen[0].1["action"], &seen[0].1["category"]),
        (&json!("created"), &json!("alerts"))
    );

    let missed = raise_one("three");
    let seen = read(&service, Some(&seen[0].0), 2, || ());
    let told: Vec<&str> = seen
        .iter()
        .map(|(_, data)| data["uri"].as_str().unwrap())
        .collect();
    assert_eq!(told, [uris[1].as_str(), missed.as_str()]);

    let mut wrong = request(Method::GET, "/rest/events", "");
    wrong
        .headers_mut()
        .insert("last-event-id", "x".parse().unwrap());
    assert_eq!(
        service.send(wrong).refusal(400),
        "INVALID_EVENT_ID: `Last-Event-ID` is none of this service's"
    );
    // The end of the service is the end of the stream.
    service.state.stop.ask();
    assert!(read(&service, None, usize::MAX, || ()).is_empty());
}

#[test]
fn who_was_away_too_long_is_told_so() {
    let service = Service::start();
    let records = &service.state.records;
    for number in 0..3 {
        let alert = NewAlert {
            severity: Severity::Ok,
            description: number.to_string(),
            corrective_action: String::new(),
            resource: None,
        };
        records
            .change(&Author::service(), |change| raise(change, alert))
            .unwrap();
    }
    let kept = mintage_records::Retention {
        events: 1,
        tasks: Duration::from_secs(3600),
    };
    records.tidy(kept).unwrap();
    let seen = read(&service, Some("1"), 2, || ());
    assert_eq!(seen[0].1, json!({}), "missed");
    assert_eq!(seen[1].1["action"], "created");
}
