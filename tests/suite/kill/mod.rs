//! The service under `kill -9`: clients send all kinds of requests, the process is killed at a random
//! moment, and after its next start nothing that was acknowledged is lost, nothing is half-done, no file
//! and no row belongs to nothing, and every task has ended with a reason. Over both databases.
//!
//! `MINTAGE_KILLS` says how often (over each database), `MINTAGE_KILL_SEED` from what all that is random
//! is derived.

mod client;
pub(crate) mod compare;
mod fixture;
mod load;
mod model;
mod planted;
mod request;
pub(crate) mod stored;
pub(crate) mod workers;

use client::Client;
use fixture::Fixture;
use mintage_records::Id;
use mintage_test_support::random::Random;
use mintage_test_support::{Environment, Postgres, Server};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};
use stored::Place;

/// How often the service is killed, over each database.
const KILLS: u64 = 100;
/// How many clients send requests at the same time.
const CLIENTS: usize = 4;
/// Between these, in milliseconds, it is killed after its start.
const MOMENTS: (u64, u64) = (5, 600);
/// After so many kills everything is let come to rest, and looked at.
const REST: u64 = 10;
/// How long tasks may take to end after a start.
const PATIENCE: Duration = Duration::from_secs(120);
/// The usual seed.
const SEED: u64 = 20_261_123;

#[test]
fn nothing_acknowledged_is_lost_over_sqlite() {
    let environment = Environment::new();
    let url = format!("sqlite:{}", environment.path("data/records.db").display());
    survive(&environment, &url);
}

#[test]
fn nothing_acknowledged_is_lost_over_postgresql() {
    if let Some(postgres) = Postgres::shared("kill -9 over PostgreSQL") {
        survive(&Environment::new(), &postgres.database());
    }
}

/// A service under load, and what is known of it.
struct Siege<'e> {
    server: Server<'e>,
    database: String,
    clients: Vec<Client>,
    fixture: Arc<Fixture>,
    /// Tasks that a kill cut off.
    cut_off: BTreeSet<Id>,
    context: String,
}

#[expect(clippy::print_stdout, reason = "the seed and the figures of a run")]
fn survive(environment: &Environment, database: &str) {
    let number = |name: &str, usual: u64| {
        let given = std::env::var(name).ok();
        given.map_or(usual, |text| text.parse().expect("a number"))
    };
    let seed = number("MINTAGE_KILL_SEED", SEED);
    let kills = number("MINTAGE_KILLS", KILLS);
    println!("MINTAGE_KILL_SEED={seed}");
    let mut siege = Siege::begin(environment, database, seed, CLIENTS);
    let mut random = Random::new(seed);
    let mut slowest = Duration::ZERO;
    for kill in 1..=kills {
        let moment = Duration::from_millis(random.between(MOMENTS.0, MOMENTS.1));
        siege.context = format!("MINTAGE_KILL_SEED={seed}, kill {kill}, after {moment:?}");
        siege.work_until_killed(moment);
        slowest = slowest.max(siege.recover());
        if kill % REST == 0 || kill == kills {
            siege.rest();
        }
    }
    let answered: u64 = siege.clients.iter().map(|client| client.answered).sum();
    println!("{answered} requests answered, slowest start {slowest:?}");
    // So that the lane cannot pass by doing nothing.
    assert!(
        answered > 5 * kills,
        "only {answered} requests were answered"
    );
    assert!(
        slowest < Duration::from_secs(20),
        "a start took {slowest:?}"
    );
}

impl<'e> Siege<'e> {
    fn begin(environment: &'e Environment, database: &str, seed: u64, clients: usize) -> Self {
        let server = Server::start(environment, &["--database", database]);
        let fixture = Arc::new(Fixture::make(&server, clients));
        let clients = (0..clients).map(|number| Client::new(number, seed, &fixture));
        Self {
            clients: clients.collect(),
            server,
            database: database.to_owned(),
            fixture,
            cut_off: BTreeSet::new(),
            context: "the fixture".to_owned(),
        }
    }

    /// Lets the clients work, and kills the service in the middle of it.
    fn work_until_killed(&mut self, moment: Duration) {
        let server = &self.server;
        thread::scope(|scope| {
            for client in &mut self.clients {
                scope.spawn(|| client.work(server, u64::MAX));
            }
            thread::sleep(moment);
            let workers = workers::of(server.pid());
            server.kill_now();
            workers::end(&workers, &self.context);
        });
        self.server.kill();
    }

    /// Starts it again, and compares: how long the start took.
    fn recover(&mut self) -> Duration {
        let data = self.server.data();
        let place = Place {
            database: &self.database,
            data: &data,
        };
        self.none(place.findings());
        self.cut_off.extend(place.cut_off());
        let start = Instant::now();
        self.server.resume();
        let took = start.elapsed();
        let server = &self.server;
        thread::scope(|scope| {
            for client in &mut self.clients {
                scope.spawn(|| client.resolve(server));
            }
        });
        let compared = self
            .clients
            .iter()
            .flat_map(|client| client.compare(server));
        self.none(compared.collect());
        took
    }

    /// Waits until nothing is under way, and looks at everything.
    fn rest(&mut self) {
        self.settle();
        self.server.kill();
        let findings = self.stored_at_rest();
        self.none(findings);
        self.server.resume();
    }

    /// Waits until all tasks have ended, and compares what they did.
    fn settle(&mut self) {
        let end = Instant::now() + PATIENCE;
        loop {
            let running = compare::running_tasks(&self.server);
            if running.is_empty() {
                break;
            }
            assert!(
                Instant::now() < end,
                "{}: no end: {running:#?}",
                self.context
            );
            thread::sleep(Duration::from_millis(50));
        }
        let (server, mut findings) = (&self.server, Vec::new());
        for client in &mut self.clients {
            findings.extend(client.settle(server));
            findings.extend(client.download_one(server));
        }
        findings.extend(self.strangers());
        self.none(findings);
    }

    /// Resources that neither a client nor the fixture made.
    fn strangers(&self) -> Vec<String> {
        let mut findings = Vec::new();
        for collection in model::COLLECTIONS {
            let list = self
                .server
                .get(&format!("/rest/{}", collection.path))
                .json();
            for body in list["members"].as_array().unwrap() {
                let name = body[collection.name].as_str().unwrap_or_default();
                let uri = body["uri"].as_str().unwrap_or_default();
                let is_clients = self
                    .clients
                    .iter()
                    .any(|one| name.starts_with(&one.prefix()));
                let is_known = is_clients || self.fixture.has(uri) || name == "administrator";
                if !is_known {
                    findings.push(format!("nobody made {body}"));
                }
            }
        }
        let alerts = self.server.get("/rest/alerts").json();
        let alerts = alerts["members"].as_array().unwrap().iter();
        findings.extend(alerts.map(|alert| format!("an alert: {alert}")));
        findings
    }

    fn stored_at_rest(&self) -> Vec<String> {
        let data = self.server.data();
        let place = Place {
            database: &self.database,
            data: &data,
        };
        place.findings_at_rest(&self.cut_off)
    }

    /// There must be no findings.
    #[track_caller]
    fn none(&self, findings: Vec<String>) {
        let (context, log) = (&self.context, || self.server.logged());
        assert!(findings.is_empty(), "{context}: {findings:#?}\n{}", log());
    }
}
