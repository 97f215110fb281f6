//! What watches the service is told the truth.

use crate::support::Service;

#[test]
fn a_service_that_can_work_is_ready() {
    let service = Service::start();
    assert_eq!(service.get("/health/live").json(200)["ready"], true);
    let ready = service.get("/health/ready").json(200);
    assert_eq!(ready["ready"], true);
}

#[test]
fn a_service_that_lacks_something_is_not_ready_and_says_what() {
    let failed = |service: &Service| {
        let reply = service.get("/health/ready").json(503);
        let checks = reply["checks"].as_array().cloned().unwrap();
        let bad = checks.iter().filter(|check| check["good"] == false);
        bad.map(|check| check["name"].as_str().unwrap_or_default().to_owned())
            .collect::<Vec<_>>()
    };
    let mut service = Service::start();
    service.state.stop.ask();
    assert_eq!(failed(&service), ["running"]);

    service = Service::start_with(|state| state.free_space = u64::MAX);
    assert_eq!(failed(&service), ["disk"]);

    service = Service::start();
    std::fs::remove_dir_all(service.state.folder.root()).unwrap();
    assert!(failed(&service).contains(&"disk".to_owned()));
}

#[test]
fn metrics_have_their_types_and_end_properly() {
    let service = Service::start();
    assert_eq!(service.get("/rest/deployment-groups").status.as_u16(), 200);
    service
        .state
        .metrics
        .answered("GET", "/a", 200, std::time::Duration::from_millis(3));
    service
        .state
        .metrics
        .answered("BREW", "/a", 405, std::time::Duration::ZERO);
    let reply = service.get("/metrics");
    let text = String::from_utf8(reply.bytes.to_vec()).unwrap();
    for line in [
        "mintage_build_info{version=\"0.1.0\"} 1",
        "mintage_http_requests_total{method=\"GET\",path=\"/a\",status=\"200\"} 1",
        "mintage_http_requests_total{method=\"other\",path=\"/a\",status=\"405\"} 1",
        "mintage_http_request_duration_seconds_bucket{le=\"0.005\",method=\"GET\",path=\"/a\"} 1",
        // How many there are depends on what the service looks after by itself.
        "mintage_database_transaction_duration_seconds_count{kind=\"read\"} ",
        "mintage_tasks{state=\"Running\"} 0",
        "mintage_storage_bytes{folder=\"golden-volumes\"} 0",
        "mintage_generation 1",
    ] {
        let is_there = |found: &str| match line.ends_with(' ') {
            true => found.starts_with(line),
            false => found == line,
        };
        assert!(text.lines().any(is_there), "{line}\n{text}");
    }
    assert!(text.ends_with("# EOF\n"));
}
