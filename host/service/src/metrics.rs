//! `Metrics`: what Prometheus is told: counted as it happens, or measured when it asks.

use crate::error::ApiError;
use crate::state::AppState;
use mintage_deploy::DataFolder;
use mintage_records::model::Task;
use mintage_records::{Filter, Query};
use mintage_storage::store::VolumeKind;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};
use std::time::Duration;

/// The upper bounds of the durations' buckets, in seconds.
const BUCKETS: [f64; 9] = [0.001, 0.005, 0.025, 0.1, 0.25, 1.0, 5.0, 30.0, 300.0];
/// The states that a task can be in, as the wire names them.
const TASK_STATES: [&str; 8] = [
    "New",
    "Running",
    "Suspended",
    "Stopping",
    "Completed",
    "Warning",
    "Error",
    "Terminated",
];

/// The methods that are told apart.
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// Counters and histograms of this process.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: Family<Answered, Counter>,
    durations: Family<Route, Histogram>,
    transactions: Family<Transaction, Histogram>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    method: String,
    path: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    method: String,
    path: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Transaction {
    kind: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct State {
    state: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Folder {
    folder: &'static str,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("mintage");
        let requests = Family::default();
        let histogram: fn() -> Histogram = || Histogram::new(BUCKETS);
        let durations = Family::new_with_constructor(histogram);
        let transactions = Family::new_with_constructor(histogram);
        let version = vec![("version", env!("CARGO_PKG_VERSION"))];
        registry.register("build", "The program", Info::new(version));
        registry.register("http_requests", "Requests answered", requests.clone());
        registry.register_with_unit(
            "http_request_duration",
            "How long requests took until their answer began",
            Unit::Seconds,
            durations.clone(),
        );
        registry.register_with_unit(
            "database_transaction_duration",
            "How long transactions of the records took",
            Unit::Seconds,
            transactions.clone(),
        );
        Self {
            registry,
            requests,
            durations,
            transactions,
        }
    }
}

impl Metrics {
    /// A request was answered; `path` is the template of its route.
    pub fn answered(&self, method: &str, path: &str, status: u16, took: Duration) {
        // Clients choose the word, and every word is kept.
        let known = METHODS.iter().find(|known| **known == method);
        let (method, path) = (known.unwrap_or(&"other").to_string(), path.to_owned());
        let route = Route {
            method: method.clone(),
            path: path.clone(),
        };
        self.durations
            .get_or_create(&route)
            .observe(took.as_secs_f64());
        let answered = Answered {
            method,
            path,
            status,
        };
        self.requests.get_or_create(&answered).inc();
    }

    /// A transaction of the records ended; `kind` is `read` or `change`.
    pub fn transaction(&self, kind: &'static str, took: Duration) {
        self.transactions
            .get_or_create(&Transaction { kind })
            .observe(took.as_secs_f64());
    }
}

/// All that Prometheus is told, in the text form of OpenMetrics. Blocks.
///
/// # Errors
/// When the records cannot be read.
pub fn scrape(state: &AppState) -> Result<String, ApiError> {
    let mut text = String::new();
    let measured = measure(state)?;
    let encoded = encode_registry(&mut text, &state.metrics.registry)
        .and_then(|()| encode_registry(&mut text, &measured))
        .and_then(|()| encode_eof(&mut text));
    encoded.map_err(|error| ApiError::internal(&error))?;
    Ok(text)
}

/// The space that volumes take, by their kind; nothing while the store cannot tell.
fn volumes(state: &AppState) -> Vec<(&'static str, u64)> {
    let Ok(volumes) = state.folder.store().list() else {
        return Vec::new();
    };
    let names = [
        ("golden-volumes", VolumeKind::Golden),
        ("os-volumes", VolumeKind::Os),
    ];
    let sum = |kind| {
        let own = volumes.iter().filter(|(name, _)| name.kind() == kind);
        own.map(|(_, bytes)| bytes).sum()
    };
    names.map(|(name, kind)| (name, sum(kind))).into()
}

/// What is measured when it is asked for.
fn measure(state: &AppState) -> Result<Registry, ApiError> {
    let mut registry = Registry::with_prefix("mintage");
    let tasks = Family::<State, Gauge>::default();
    for (state, count) in tasks_by_state(state)? {
        tasks.get_or_create(&State { state }).set(gauge(count));
    }
    registry.register("tasks", "Tasks in the records", tasks);
    let storage = Family::<Folder, Gauge>::default();
    for folder in DataFolder::FOLDERS {
        let bytes = state.folder.used_bytes(folder);
        storage.get_or_create(&Folder { folder }).set(gauge(bytes));
    }
    for (folder, bytes) in volumes(state) {
        storage.get_or_create(&Folder { folder }).set(gauge(bytes));
    }
    registry.register_with_unit(
        "storage",
        "Space that files and volumes take",
        Unit::Bytes,
        storage,
    );
    let free = Gauge::<i64>::default();
    free.set(gauge(state.folder.free_bytes().unwrap_or(0)));
    registry.register_with_unit(
        "storage_free",
        "Space that is left for this service",
        Unit::Bytes,
        free,
    );
    let generation = Gauge::<i64>::default();
    generation.set(gauge(state.records.generation()));
    registry.register("generation", "The fencing token of this node", generation);
    Ok(registry)
}

fn tasks_by_state(state: &AppState) -> Result<Vec<(&'static str, u64)>, ApiError> {
    state.records.read(|view| {
        let counts = TASK_STATES.iter().map(|state| {
            let query = Query {
                filters: vec![Filter::equal("taskState", *state)],
                count: Some(0),
                ..Query::default()
            };
            Ok((*state, view.list::<Task>(&query)?.total))
        });
        counts.collect()
    })
}

fn gauge(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
