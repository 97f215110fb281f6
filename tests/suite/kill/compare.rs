//! What a client knows, compared with what the service has. Nothing here changes the service.

use super::client::Client;
use super::model::{
    BUILD_PLANS, COLLECTIONS, Collection, IMAGES, Known, Making, PLANS, SCRIPTS, content, is_final,
    text, upload_of,
};
use mintage_storage::{ImageFormat, ImageLimits, expand};
use mintage_test_support::Server;
use mintage_volume::VolumeSum;
use serde_json::Value as Json;
use std::ops::ControlFlow;

/// What comes out of a bundle.
const EXTRACTED: [Collection; 4] = [SCRIPTS, BUILD_PLANS, PLANS, IMAGES];

impl Client {
    /// What is not as the client knows it. Tasks may run.
    pub fn compare(&self, server: &Server<'_>) -> Vec<String> {
        let mut findings = Vec::new();
        for collection in COLLECTIONS {
            let listed = self.listed(server, collection);
            let listed = listed.iter().filter(|body| !self.is_in_flux(body));
            let listed: Vec<&Json> = listed.collect();
            findings.extend(
                listed
                    .iter()
                    .filter_map(|body| self.differs(collection, body)),
            );
            for (uri, known) in &self.model.there {
                let is_there = listed.iter().any(|body| body["uri"] == uri.as_str());
                let is_sure = matches!(known.making, Making::Done | Making::Arriving(_));
                let is_in_flux = self.model.extraction.is_some() && is_extracted(&known.name);
                if known.collection == collection && is_sure && !is_there && !is_in_flux {
                    findings.push(format!("{uri} is lost: {known:?}"));
                }
            }
        }
        for (uri, offset) in self.model.arriving() {
            let upload = server.get(&upload_of(&uri)).json();
            if upload["offset"].as_u64() != Some(offset as u64) {
                findings.push(format!("of {uri} {offset} bytes had arrived: {upload}"));
            }
        }
        findings
    }

    /// What is wrong with something that is listed.
    fn differs(&self, collection: Collection, body: &Json) -> Option<String> {
        let uri = body["uri"].as_str().unwrap_or_default();
        let Some(known) = self.model.there.get(uri) else {
            return Some(format!("nobody made {body}"));
        };
        let told = body[collection.text].as_str().unwrap_or_default();
        let is_same = body[collection.name] == known.name.as_str() && told == known.text;
        let state = body["state"].as_str().unwrap_or("OK");
        let is_so_far = match known.making {
            Making::Done => state == "OK",
            Making::Arriving(_) => state == "CREATING",
            Making::Task(_) | Making::Unknown => state != "ERROR",
        };
        (!is_same || !is_so_far).then(|| format!("{known:?} is {body}"))
    }

    fn is_in_flux(&self, body: &Json) -> bool {
        let name = body["name"].as_str().unwrap_or_default();
        self.model.extraction.is_some() && is_extracted(name)
    }

    /// Takes into account what tasks did; all of them have ended.
    pub fn settle(&mut self, server: &Server<'_>) -> Vec<String> {
        let all = self.model.there.iter();
        let open = all.filter_map(|(uri, known)| match &known.making {
            Making::Task(task) => Some((uri.clone(), Some(task.clone()))),
            Making::Unknown => Some((uri.clone(), None)),
            Making::Done | Making::Arriving(_) => None,
        });
        for (uri, task) in open.collect::<Vec<_>>() {
            let state = match task {
                Some(task) => text(&server.get(&task).json(), "/taskState"),
                None if server.get(&uri).status == 200 => "Completed".to_owned(),
                None => "Error".to_owned(),
            };
            self.model.end(&uri, &state);
        }
        let mut findings = self.settle_extraction(server);
        findings.extend(self.compare(server));
        for uri in std::mem::take(&mut self.model.gone) {
            // Users and tokens are told by their lists.
            let status = server.get(&uri).status;
            if status == 200 {
                findings.push(format!("{uri} is there again"));
            }
        }
        findings
    }

    /// All artifacts of the bundle are there, or everything is as it was.
    fn settle_extraction(&mut self, server: &Server<'_>) -> Vec<String> {
        let Some(extraction) = self.model.extraction.take() else {
            return Vec::new();
        };
        let mut found = Vec::new();
        for collection in EXTRACTED {
            let listed = self.listed(server, collection);
            let bundled = listed.into_iter().find(|body| {
                is_extracted(body["name"].as_str().unwrap_or_default())
                    && body["description"] == "bundled"
            });
            found.extend(bundled.map(|body| (text(&body, "/uri"), collection, body)));
        }
        let is_whole = found.len() == EXTRACTED.len();
        let state = extraction.task.map(|task| server.get(&task).json());
        let is_done = state.map(|task| text(&task, "/taskState") == "Completed");
        if is_done == Some(true) && !is_whole {
            return vec![format!("not all of the bundle is there: {found:?}")];
        }
        if is_done == Some(false) || !is_whole {
            // The comparison finds what is not as it was.
            return Vec::new();
        }
        let mut findings = Vec::new();
        for (uri, collection, body) in found {
            let name = text(&body, "/name");
            let old = self.model.there.iter();
            let mut old = old.filter(|(_, old)| old.collection == collection && old.name == name);
            if let Some((old, _)) = old.next().filter(|(old, _)| **old != uri) {
                findings.push(format!("{old} was replaced by {uri}"));
            }
            let known = Known {
                collection,
                name,
                text: "bundled".to_owned(),
                making: Making::Done,
                seed: None,
            };
            self.model.add(uri, known);
        }
        findings
    }

    /// Whether one of the images that were uploaded comes back as it was.
    pub fn download_one(&mut self, server: &Server<'_>) -> Vec<String> {
        let mut uploaded = self.model.complete(IMAGES);
        uploaded.retain(|uri| self.model.there[uri].seed.is_some());
        let Some(uri) = self.random.pick_any(&uploaded) else {
            return Vec::new();
        };
        let answer = server.get(&uri.replace("images/", "images/download/"));
        let folder = tempfile::tempdir().unwrap();
        let zip = folder.path().join("zip");
        std::fs::write(&zip, &answer.bytes).unwrap();
        let zip = std::fs::File::open(zip).unwrap();
        let limits = ImageLimits::default();
        let mut watch = |_| ControlFlow::Continue(());
        let disk = tempfile::tempfile().unwrap();
        let expanded = expand(&zip, ImageFormat::Zip, &limits, &disk, &mut watch);
        let sum = expanded.map(|expansion| expansion.volume_sum);
        let seed = self.model.there[&uri].seed.unwrap();
        let expected = VolumeSum::of(content(seed).as_slice());
        match sum.as_ref().is_ok_and(|sum| *sum == expected) {
            true => Vec::new(),
            false => vec![format!("{uri} comes back as another disk: {sum:?}")],
        }
    }
}

/// Every task that has not ended, as the service tells it.
pub fn running_tasks(server: &Server<'_>) -> Vec<Json> {
    let list = server.get("/rest/tasks").json();
    let tasks = list["members"].as_array().unwrap().iter();
    let running = tasks.filter(|task| !is_final(task["taskState"].as_str().unwrap_or_default()));
    running.cloned().collect()
}

fn is_extracted(name: &str) -> bool {
    name.ends_with("-extracted")
}
