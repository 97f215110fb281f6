//! A service in this process, over an embedded database in a folder of its own.

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use futures_util::StreamExt as _;
use mintage_deploy::server_profiles::{Offers, Profiles, RedfishControls, Rules};
use mintage_deploy::task::{Feed, Tasks, Verbs};
use mintage_deploy::{DataFolder, Limits, ScriptCheck, first_start, verbs};
use mintage_plans::PlanLibrary;
use mintage_plans::check::Finding;
use mintage_records::access::{NewUser, Role};
use mintage_records::{Author, DatabaseUrl, Records, RecordsError, Sealer};
use mintage_service::access::{Access, FIRST_USER, token};
use mintage_service::serve::Stop;
use mintage_service::{AppState, RefusalCode, router};
use mintage_storage::export::Portal;
use mintage_storage::export::memory::MemoryExporter;
use mintage_worker::WorkerFailure;
use serde_json::Value as Json;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;
use tower::{Layer as _, ServiceExt as _};
use tower_http::normalize_path::{NormalizePath, NormalizePathLayer};

/// A running service; gone with all its files when it is dropped.
pub struct Service {
    /// What its handlers work with.
    pub state: AppState,
    /// The id of the session that requests are sent with, unless they say otherwise.
    pub session: String,
    router: NormalizePath<Router>,
    runtime: Runtime,
    /// Removed last.
    folder: TempDir,
}

/// Checks scripts as a worker does, in this process.
#[derive(Debug)]
struct CheckHere;

impl ScriptCheck for CheckHere {
    fn check(&self, library: PlanLibrary) -> Result<Vec<Finding>, WorkerFailure> {
        Ok(mintage_plans::check(
            &library,
            &plan_stdlib::StandardLibrary,
        ))
    }
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub bytes: Bytes,
}

impl Service {
    /// A new one, as after its first start.
    pub fn start() -> Self {
        Self::start_with(|_| ())
    }

    /// As [`Self::start`], with other verbs, over its folder.
    pub fn start_with_verbs(verbs: impl FnOnce(&DataFolder) -> Verbs) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self::over(folder, |_, folder, _, _| verbs(folder), |_| ())
    }

    /// As [`Self::start`], with a state that `change` has changed.
    pub fn start_with(change: impl FnOnce(&mut AppState)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self::over(folder, verbs, change)
    }

    /// One that carries out no task, with a state that `change` has changed.
    pub fn start_idle(change: impl FnOnce(&mut AppState)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self::over(folder, |_, _, _, _| Verbs::new(), change)
    }

    /// Ends, and starts another one over what is left.
    pub fn restart(self) -> Self {
        self.state.tasks.park(Duration::ZERO);
        Self::over(self.folder, verbs, |_| ())
    }

    fn over(
        folder: TempDir,
        verbs: impl FnOnce(&Arc<Sealer>, &Arc<DataFolder>, &Arc<Limits>, &Arc<Profiles>) -> Verbs,
        change: impl FnOnce(&mut AppState),
    ) -> Self {
        let url = DatabaseUrl::Sqlite(folder.path().join("records.db"));
        let records = Records::open(&url, "test").unwrap();
        first_start(&records).unwrap();
        let session = session(&records);
        let records = Arc::new(records);
        let feed = Feed::of(&records);
        let sealer = Arc::new(Sealer::new(&[7; 32]));
        let data = Arc::new(DataFolder::open(folder.path()).unwrap());
        let limits = Arc::new(Limits::default());
        let portal = Portal(([192, 0, 2, 1], 3260).into());
        let profiles = Arc::new(Profiles {
            sealer: Arc::clone(&sealer),
            folder: Arc::clone(&data),
            exporter: Arc::new(MemoryExporter::new(folder.path(), vec![portal])),
            offers: Offers::default(),
            controls: Arc::new(RedfishControls),
            rules: Rules::default(),
        });
        let verbs = verbs(&sealer, &data, &limits, &profiles);
        let tasks = Tasks::start(Arc::clone(&records), verbs, feed.clone(), 2);
        let mut state = AppState {
            records,
            sealer,
            folder: data,
            profiles,
            limits,
            tasks: tasks.unwrap(),
            feed,
            access: Access::default(),
            workers: Arc::new(Semaphore::new(2)),
            stop: Stop::default(),
            metrics: Arc::default(),
            configuration: Arc::default(),
            free_space: 0,
            boot: None,
            script_check: Arc::new(CheckHere),
        };
        change(&mut state);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        Self {
            router: NormalizePathLayer::trim_trailing_slash().layer(router(state.clone())),
            state,
            session,
            runtime,
            folder,
        }
    }

    /// Sends a request, as the administrator where it says not who sends it.
    pub fn send(&self, mut request: Request<Body>) -> Reply {
        self.authorize(&mut request);
        self.send_as_it_is(request)
    }

    fn authorize(&self, request: &mut Request<Body>) {
        let headers = request.headers_mut();
        if !headers.contains_key("auth") && !headers.contains_key(header::AUTHORIZATION) {
            headers.insert("auth", self.session.parse().unwrap());
        }
    }

    /// Sends a request as it is.
    pub fn send_as_it_is(&self, request: Request<Body>) -> Reply {
        self.runtime.block_on(self.reply(request))
    }

    async fn reply(&self, request: Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        Reply {
            status: parts.status,
            headers: parts.headers,
            bytes: to_bytes(body, usize::MAX).await.unwrap(),
        }
    }

    /// Sends several requests at the same time.
    pub fn send_all(&self, requests: impl Iterator<Item = Request<Body>>) -> Vec<Reply> {
        let replies = requests.map(|mut request| {
            self.authorize(&mut request);
            self.reply(request)
        });
        self.runtime
            .block_on(futures_util::future::join_all(replies))
    }

    /// Sends a request and goes away after `patience`, whether there is a reply or not.
    pub fn send_and_leave(&self, mut request: Request<Body>, patience: Duration) {
        self.authorize(&mut request);
        let reply = self.reply(request);
        // Whether there was one is not known.
        let _ = self
            .runtime
            .block_on(async { tokio::time::timeout(patience, reply).await });
    }

    /// Sends a request, and goes away as soon as something has come of it.
    pub fn abandon_when(&self, mut request: Request<Body>, mut has_come: impl FnMut() -> bool) {
        self.authorize(&mut request);
        self.runtime.block_on(async {
            let mut reply = pin!(self.reply(request));
            while !has_come() {
                let polled = poll_fn(|context| Poll::Ready(reply.as_mut().poll(context))).await;
                assert!(polled.is_pending(), "the reply was too quick");
                // It goes on without being looked at, so that it cannot come to its end unseen.
                for _ in 0..20 {
                    if has_come() {
                        return;
                    }
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            }
        });
    }

    /// Reads a reply that need not end, until `is_enough` of its text; `meanwhile` is called when it
    /// has begun.
    pub fn stream(
        &self,
        mut request: Request<Body>,
        meanwhile: impl FnOnce(),
        is_enough: impl Fn(&str) -> bool,
    ) -> String {
        self.authorize(&mut request);
        self.runtime.block_on(async {
            let response = self.router.clone().oneshot(request).await.unwrap();
            assert_eq!(response.status(), StatusCode::OK);
            meanwhile();
            let mut body = response.into_body().into_data_stream();
            let mut text = String::new();
            while !is_enough(&text) {
                let next = tokio::time::timeout(Duration::from_secs(20), body.next());
                match next.await.expect("the stream goes on") {
                    Some(bytes) => text += std::str::from_utf8(&bytes.unwrap()).unwrap(),
                    None => break,
                }
            }
            text
        })
    }

    /// The status of a reply and the code of its refusal; the body is not read: it may never end.
    pub fn answered(&self, request: Request<Body>) -> (StatusCode, Option<String>) {
        self.runtime.block_on(async {
            let response = self.router.clone().oneshot(request).await.unwrap();
            let code = response.extensions().get::<RefusalCode>();
            (response.status(), code.map(|code| code.0.clone()))
        })
    }

    /// GET.
    pub fn get(&self, uri: &str) -> Reply {
        self.send(request(Method::GET, uri, ""))
    }

    /// POST with a JSON body.
    pub fn post(&self, uri: &str, body: &Json) -> Reply {
        self.send(request(Method::POST, uri, body.to_string()))
    }

    /// PUT with a JSON body.
    pub fn put(&self, uri: &str, body: &Json) -> Reply {
        self.send(request(Method::PUT, uri, body.to_string()))
    }

    /// DELETE, with the body that the wire's clients send.
    pub fn delete(&self, uri: &str) -> Reply {
        self.send(request(Method::DELETE, uri, "{}"))
    }
}

/// A session of the administrator, opened without a password: hashing one takes long in a test.
fn session(records: &Records) -> String {
    let session = token::generate().unwrap().to_string();
    let user = NewUser {
        name: FIRST_USER.into(),
        full_name: String::new(),
        role: Role::InfrastructureAdministrator,
        password_hash: "none".into(),
        is_enabled: true,
        must_change_password: false,
    };
    let opened = records.change(&Author::service(), |change| {
        if change.find_user(FIRST_USER)?.is_none() {
            change.insert_user(user)?;
        }
        change.open_session(
            FIRST_USER,
            &token::hash(&session),
            Duration::from_secs(3600),
        )
    });
    opened.map_err(|error: RecordsError| error).unwrap();
    session
}

/// A request as the wire's clients send it.
pub fn request(method: Method, uri: &str, body: impl Into<Body>) -> Request<Body> {
    let request = Request::builder()
        .method(method)
        .uri(uri)
        .header(header::CONTENT_TYPE, "application/json")
        .header("X-API-Version", "800");
    request.body(body.into()).unwrap()
}

impl Reply {
    /// The body as JSON, after a check of the status.
    #[track_caller]
    pub fn json(&self, status: u16) -> Json {
        let text = String::from_utf8_lossy(&self.bytes);
        assert_eq!(self.status.as_u16(), status, "{text}");
        serde_json::from_slice(&self.bytes).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    /// A refusal, after a check that it is a whole one: `errorCode: message | details`.
    #[track_caller]
    pub fn refusal(&self, status: u16) -> String {
        let body = self.json(status);
        let text = |member: &str| match &body[member] {
            Json::String(text) => text.clone(),
            other => panic!("`{member}` is {other}"),
        };
        assert!(body["recommendedActions"].is_array() && body["nestedErrors"].is_array());
        let details = text("details");
        let details = match details.as_str() {
            "" => String::new(),
            details => format!(" | {details}"),
        };
        format!("{}: {}{details}", text("errorCode"), text("message"))
    }

    /// After a check that there is no body.
    #[track_caller]
    pub fn empty(&self, status: u16) {
        let text = String::from_utf8_lossy(&self.bytes);
        assert_eq!((self.status.as_u16(), &*text), (status, ""));
    }
}

/// The names of a collection's members, in order.
#[track_caller]
pub fn names(collection: &Json) -> Vec<&str> {
    let members = collection["members"].as_array().unwrap();
    let names = members.iter().map(|member| member["name"].as_str());
    names.collect::<Option<_>>().unwrap()
}
