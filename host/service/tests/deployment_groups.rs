//! Deployment groups: the first one is there from the beginning, and nobody changes them.

use crate::support::{Service, names};

#[test]
fn the_first_group_is_there_and_found_by_its_name() {
    let service = Service::start();
    for uri in [
        "/rest/deployment-groups",
        "/rest/deployment-groups/",
        "/rest/deployment-groups?start=0&count=-1",
        "/rest/deployment-groups?start=0&count=-1&filter=%22name%3D%27OSS%27%22",
        "/rest/deployment-groups/?filter=name='oss'&sort=name:ascending&view=expand&fields=name",
    ] {
        let found = service.get(uri).json(200);
        assert_eq!(names(&found), ["OSS"], "{uri}");
        let group = &found["members"][0];
        let one = service.get(group["uri"].as_str().unwrap());
        assert_eq!(one.headers["etag"], "\"1\"");
        assert_eq!(one.json(200), *group);
    }
    let none = service
        .get("/rest/deployment-groups?filter=name='i3s'")
        .json(200);
    assert_eq!((none["total"].as_u64(), names(&none).len()), (Some(0), 0));
}

#[test]
fn what_cannot_be_asked_is_refused() {
    let service = Service::start();
    for (uri, status, expected) in [
        (
            "/rest/deployment-groups?filter=name",
            400,
            "INVALID_QUERY: `filter` cannot be understood: `=`, `<>`, `<`, `<=`, `>`, `>=` or \
             `matches` must stand here | character 5, at its end",
        ),
        (
            "/rest/deployment-groups?filter=colour=red",
            400,
            "INVALID_QUERY: deployment-groups have no field `colour` to filter or sort by; there \
             are name, id, created, modified, description",
        ),
        (
            "/rest/deployment-groups?count=few",
            400,
            "INVALID_QUERY: `count` must be a whole number, 0 or more, or -1 for all",
        ),
        (
            "/rest/deployment-groups/none",
            404,
            "RESOURCE_NOT_FOUND: there is no deployment group `none`",
        ),
    ] {
        assert_eq!(service.get(uri).refusal(status), expected);
    }
    service.delete("/rest/deployment-groups/x").refusal(405);
}
