//! What a client asks for next.

use super::client::Client;
use super::model::{
    BUILD_PLANS, BUNDLES, COLLECTIONS, Collection, IMAGES, Known, Making, Meant, PLANS, SCRIPTS,
    TOKENS, USERS, VOLUMES, content, upload_of,
};
use super::request::Request;
use serde_json::json;

/// How many resources of a collection a client keeps; with more it deletes rather than makes.
const ENOUGH: usize = 4;
/// The longest piece of an upload, in bytes.
const PIECE: u64 = 150_000;

/// A request and what it is to do.
type Choice = Option<(Request, Meant)>;

impl Client {
    /// None when there is nothing of that sort to be done.
    pub(super) fn choose(&mut self) -> Choice {
        let collection = self.random.pick_any(&COLLECTIONS)?;
        match self.random.between(0, 99) {
            0..=44 => self.make(collection),
            45..=54 => self.change(collection),
            55..=64 => self.delete(collection),
            65..=74 => self.piece(),
            75..=79 => self.look(),
            80..=83 => self.download(),
            84..=87 => self.cancel(),
            88..=91 => self.extract(),
            92 => Some((self.backup(), Meant::Backup)),
            _ => self.refused(),
        }
    }

    fn make(&mut self, collection: Collection) -> Choice {
        if self.model.complete(collection).len() >= ENOUGH {
            return self.delete(collection);
        }
        self.count += 1;
        let name = format!("{}{}-{}", self.prefix(), collection.path, self.count);
        let mut known = Known {
            collection,
            text: format!("first-{}", self.count),
            name,
            making: Making::Done,
            seed: None,
        };
        let request = match collection {
            IMAGES => self.image(&mut known),
            BUNDLES => self.bundle(&known),
            _ => self.simple(&mut known)?,
        };
        let key = (self.random.between(0, 3) > 0).then(|| known.name.clone());
        Some((request.with_key(key), Meant::Make(known)))
    }

    /// What is made of one JSON document.
    fn simple(&mut self, known: &mut Known) -> Option<Request> {
        let collection = known.collection;
        let mut body = json!({ "name": known.name, "description": known.text });
        match collection {
            SCRIPTS => {
                body["planType"] = "deploy".into();
                body["content"] = "echo".into();
            }
            BUILD_PLANS => {
                let script = self.random.pick_any(&self.model.complete(SCRIPTS))?;
                body["oeBuildPlanType"] = "deploy".into();
                body["buildStep"] = json!([{ "serialNumber": "1", "planScriptUri": script }]);
            }
            PLANS => {
                let mut images = self.model.complete(IMAGES);
                images.push(self.fixture.golden_image.clone());
                let plan = self.random.pick_any(&self.model.complete(BUILD_PLANS))?;
                body["oeBuildPlanURI"] = plan.into();
                body["goldenImageURI"] = self.random.pick_any(&images)?.into();
                body["customAttributes"] = json!([]);
            }
            VOLUMES => {
                body["deploymentPlanUri"] = self.fixture.deployment_plan.as_str().into();
                body["osCustomAttributes"] = json!([{ "name": "HostName", "value": "web02" }]);
            }
            USERS => {
                body = json!({ "userName": known.name, "fullName": known.text,
                    "password": "correct horse battery",
                    "permissions": [{ "roleName": "Read only" }] });
            }
            TOKENS => {
                known.text = String::new();
                body = json!({ "name": known.name, "days": 1 });
            }
            _ => return None,
        }
        Some(Request::post(format!("/rest/{}", collection.path), body))
    }

    /// At once, in pieces, or captured.
    fn image(&mut self, known: &mut Known) -> Request {
        let (name, text) = (&known.name, &known.text);
        let seed = self.random.number();
        match self.random.between(0, 9) {
            0 => Request::post(
                "/rest/golden-images",
                json!({ "name": name, "description": text, "imageCapture": true,
                    "osVolumeURI": self.fixture.os_volume,
                    "buildPlanUri": self.fixture.capture_plan }),
            ),
            1..=4 => {
                let size = content(seed).len();
                let body =
                    json!({ "name": name, "description": text, "format": "raw", "size": size });
                known.seed = Some(seed);
                known.making = Making::Arriving(0);
                Request::post("/rest/golden-images/uploads", body)
            }
            _ => {
                known.seed = Some(seed);
                let query = format!("name={name}&description={text}&format=raw");
                Request::upload(format!("/rest/golden-images?{query}"), content(seed))
            }
        }
    }

    /// Made of what is there, or uploaded.
    fn bundle(&mut self, known: &Known) -> Request {
        let (name, text) = (&known.name, &known.text);
        if self.random.between(0, 1) == 0 {
            let bytes = self.fixture.bundles[self.number].clone();
            self.uploaded.insert(name.clone());
            let path = format!("/rest/artifact-bundles?name={name}&description={text}");
            return Request::upload(path, bytes);
        }
        let item = json!([{ "resourceUri": self.fixture.build_plan, "readOnly": false }]);
        let body = json!({ "name": name, "description": text, "buildPlans": item });
        Request::post("/rest/artifact-bundles", body)
    }

    fn change(&mut self, collection: Collection) -> Choice {
        if [VOLUMES, TOKENS].contains(&collection) {
            return None;
        }
        let uri = self.random.pick_any(&self.model.complete(collection))?;
        let text = format!("changed-{}", self.random.number());
        // What is not sent stays as it is.
        let request = Request::put(&uri, json!({ collection.text: text }));
        Some((request, Meant::Change { uri, text }))
    }

    fn delete(&mut self, collection: Collection) -> Choice {
        let uri = self.random.pick_any(&self.model.complete(collection))?;
        Some((Request::delete(&uri), Meant::Delete { uri }))
    }

    /// The next piece of an image that arrives; now and then it is given up.
    fn piece(&mut self) -> Choice {
        let (uri, offset) = self.random.pick_any(&self.model.arriving())?;
        let place = upload_of(&uri);
        if self.random.between(0, 9) == 0 {
            return Some((Request::delete(place), Meant::Delete { uri }));
        }
        let bytes = content(self.model.there[&uri].seed?);
        let length = usize::try_from(self.random.between(1, PIECE)).ok()?;
        let end = bytes.len().min(offset + length);
        let request = Request::piece(place, &bytes, offset..end);
        Some((request, Meant::Piece { uri, end }))
    }

    fn look(&mut self) -> Choice {
        let (uri, task) = self.random.pick_any(&self.model.in_work())?;
        Some((Request::get(task), Meant::Look { uri }))
    }

    fn download(&mut self) -> Choice {
        let uri = self.random.pick_any(&self.model.complete(IMAGES))?;
        let place = uri.replace("images/", "images/download/");
        Some((Request::get(place), Meant::Download))
    }

    fn cancel(&mut self) -> Choice {
        let (uri, task) = self.random.pick_any(&self.model.in_work())?;
        let request = Request::post(format!("{task}/cancel"), json!({}));
        Some((request, Meant::Cancel { uri }))
    }

    /// Takes the artifacts of an uploaded bundle in, again and again.
    fn extract(&mut self) -> Choice {
        if self.model.extraction.is_some() {
            return None;
        }
        let bundle = self.random.pick_any(&self.model.complete(BUNDLES))?;
        let path = format!("{bundle}?extract=true&forceImport=true");
        // Extracting what was made of the fixture would change the fixture.
        let is_own = self.uploaded.contains(&self.model.there[&bundle].name);
        is_own.then(|| (Request::put(path, json!({})), Meant::Extract { bundle }))
    }

    fn backup(&mut self) -> Request {
        self.count += 1;
        let key = format!("{}backup-{}", self.prefix(), self.count);
        Request::post("/rest/artifact-bundles/backups", json!({})).with_key(Some(key))
    }

    /// Something that must not be done: what is in use is deleted, what is there is made again.
    fn refused(&mut self) -> Choice {
        let fixture = &self.fixture;
        let refused = match self.random.between(0, 2) {
            0 => (Request::delete(&fixture.golden_image), 409),
            1 => (Request::delete(&fixture.build_plan), 409),
            _ => {
                let body = json!({ "name": "fixture", "planType": "deploy", "content": "echo" });
                let key = Some(format!("{}again", self.prefix()));
                (Request::post("/rest/plan-scripts", body).with_key(key), 409)
            }
        };
        Some((refused.0, Meant::Refused(refused.1)))
    }
}
