//! Starting and stopping the service: data folder, keys, certificate, records, listener.

mod certificate;
mod connections;
mod data;
mod exports;
mod layers;
mod log;
mod notify;
mod patience;
mod scripts;
mod stop;
mod unread;
mod upkeep;

pub use layers::RequestId;
pub use log::start as start_log;
pub use stop::Stop;

use crate::resources::operation::metrics;
use crate::router::router;
use crate::settings::{Resolved, Settings};
use crate::state::AppState;
use axum::Router;
use axum::extract::Request;
use axum::routing::get;
use axum_server::Handle;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use certificate::Identity;
use connections::Limited;
use mintage_engine::{Code, Diagnostic};
use mintage_records::Records;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tower::Layer as _;
use tower_http::normalize_path::NormalizePathLayer;
use zeroize::Zeroizing;

/// Why the service did not start, or ended.
pub type Result<T> = std::result::Result<T, Box<Diagnostic>>;

/// How often the certificate that the service made is looked at.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What who started the service must know.
#[derive(Debug)]
pub struct Started {
    /// Where it is served: `https://host:8443`.
    pub url: String,
    /// The file with the certificate.
    pub certificate: PathBuf,
    /// SHA-256 of the certificate: `AB:CD:…`.
    pub fingerprint: String,
    /// The data folder.
    pub data: PathBuf,
    /// The password of the user `administrator`, only at the first start.
    pub password: Option<FirstPassword>,
}

/// The password of the user `administrator`, or where it is.
#[derive(Debug)]
pub enum FirstPassword {
    /// To be shown, once.
    Shown(Zeroizing<String>),
    /// In a file for this user only: what is shown would go to a log that is kept.
    Kept(PathBuf),
}

/// Runs the service until it is asked to stop. `ready` is called once, when requests are answered.
///
/// # Errors
/// What keeps it from starting, or ended it.
pub fn run(
    configuration: &Resolved,
    ready: impl FnOnce(&Started) -> std::io::Result<()>,
) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_name("mintage")
        .build()
        .map_err(|error| failed(format!("cannot start its threads: {error}")))?;
    let mut records = None;
    let result = runtime.block_on(serve(configuration, ready, &mut records));
    // What blocks may still be in a file or the store: both are whole at every moment.
    runtime.shutdown_timeout(Duration::from_secs(5));
    // A connection to PostgreSQL waits when it is closed, which no thread of the runtime may do.
    drop(records);
    result
}

/// Checks what the configuration names, without starting or making anything: the certificate, the
/// database's URL, the log filter.
///
/// # Errors
/// The first that would keep the service from starting.
pub fn check(settings: &Settings) -> Result<()> {
    log::filter(&settings.log)?;
    data::url(settings)?;
    Identity::check(settings)
}

async fn serve(
    configuration: &Resolved,
    ready: impl FnOnce(&Started) -> std::io::Result<()>,
    records: &mut Option<Arc<Records>>,
) -> Result<()> {
    let settings = &configuration.settings;
    let stop = Stop::on_signals().map_err(|error| failed(format!("no signals: {error}")))?;
    let _lock = data::lock(&settings.data)?;
    let listener = listen("listen", settings.listen)?;
    let address = listener
        .local_addr()
        .map_err(|error| failed(format!("the listener has no address: {error}")))?;
    let also = |name: &str, address: Option<SocketAddr>| {
        let listener = address.map(|address| listen(name, address));
        listener.transpose()
    };
    let metrics_listener = also("metrics.listen", settings.metrics.listen)?;
    let scripts_listener = also("boot.listen", settings.boot.listen)?;
    let (mut state, password) = open(settings.clone(), stop.clone()).await?;
    state.configuration = configuration.values.clone().into();
    *records = Some(Arc::clone(&state.records));
    let identity = Identity::load(settings, address.ip())?;
    let started = Started {
        url: url(address),
        certificate: identity.file.clone(),
        fingerprint: identity.fingerprint(),
        data: settings.data.clone(),
        password: password
            .map(|password| keep(password, &settings.data))
            .transpose()?,
    };
    let tls = RustlsConfig::from_config(identity.config()?);
    tokio::spawn(renew(settings.clone(), address.ip(), tls.clone()));
    let records = Arc::clone(&state.records);
    let profiles = Arc::clone(&state.profiles);
    tokio::spawn(exports::restore_at_last(
        Arc::clone(&records),
        Arc::clone(&profiles),
    ));
    tokio::spawn(upkeep::watch_space(
        Arc::clone(&records),
        Arc::clone(&state.folder),
        settings.health.store_space,
    ));
    tokio::spawn(upkeep::upkeep(
        records,
        profiles,
        settings.retention.clone(),
    ));

    if let Some(listener) = metrics_listener {
        tokio::spawn(serve_metrics(listener, state.clone()));
    }
    if let Some(listener) = scripts_listener {
        tokio::spawn(scripts::serve(
            listener,
            state.clone(),
            settings.http.clone(),
        ));
    }
    let tasks = Arc::clone(&state.tasks);
    let handle = Handle::new();
    let served = tokio::spawn(accept(settings, listener, tls, state, handle.clone()));
    notify::ready(&started, settings.ready_file.as_deref())
        .and_then(|()| ready(&started))
        .map_err(|error| failed(format!("cannot say that it is ready: {error}")))?;
    tracing::info!(url = started.url, "ready");

    stop.wait().await;
    notify::stopping();
    tracing::info!(grace = ?settings.http.grace, "stopping");
    handle.graceful_shutdown(Some(settings.http.grace));
    let grace = settings.http.grace;
    let parked = tokio::task::spawn_blocking(move || tasks.park(grace));
    let ended = served.await.map_err(|error| error.to_string());
    let ended = ended.and_then(|ended| ended.map_err(|error| error.to_string()));
    ended.map_err(|error| stopped(format!("serving ended: {error}")))?;
    parked
        .await
        .map_err(|error| stopped(format!("tasks are not put aside: {error}")))?;
    tracing::info!("stopped");
    Ok(())
}

/// Opens the data folder and the store on a thread that may block.
async fn open(settings: Settings, stop: Stop) -> Result<(AppState, Option<Zeroizing<String>>)> {
    let opened = tokio::task::spawn_blocking(move || data::open(&settings, stop)).await;
    opened.map_err(|error| failed(format!("the store cannot be opened: {error}")))?
}

/// A password is shown to people, and kept from systemd's journal.
fn keep(password: Zeroizing<String>, data: &Path) -> Result<FirstPassword> {
    if std::env::var_os("JOURNAL_STREAM").is_none() {
        return Ok(FirstPassword::Shown(password));
    }
    let path = data.join("first-password");
    data::write_private(&path, format!("{}\n", password.as_str()).as_bytes())
        .map_err(|error| failed(format!("cannot write {}: {error}", path.display())))?;
    Ok(FirstPassword::Kept(path))
}

/// Listens at the address that the setting `name` has.
fn listen(name: &str, address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).map_err(|error| {
        let problem = failed(format!("cannot listen on {address}: {error}"));
        let help = match error.kind() {
            std::io::ErrorKind::PermissionDenied => {
                "ports below 1024 need the right to bind them".to_owned()
            }
            _ => format!("set `{name}` to an address of this machine and a port that is free"),
        };
        Box::new(problem.with_help(help))
    })
}

/// Serves connections until `handle` ends it.
fn accept(
    settings: &Settings,
    listener: TcpListener,
    tls: RustlsConfig,
    state: AppState,
    handle: Handle<SocketAddr>,
) -> impl Future<Output = std::io::Result<()>> + use<> {
    let http = settings.http.clone();
    async move {
        let acceptor = RustlsAcceptor::new(tls)
            .handshake_timeout(http.handshake_timeout)
            .acceptor(Limited::new(http.connections, http.body_timeout));
        let mut server = axum_server::from_tcp(listener)?
            .acceptor(acceptor)
            .http1_only()
            .first_request_timeout(http.header_timeout)
            .handle(handle);
        server
            .http_builder()
            .http1()
            .header_read_timeout(http.header_timeout);
        let metrics = Arc::clone(&state.metrics);
        let api = router(state);
        let pages = mintage_web::router(api.clone(), layers::carry);
        let router = layers::around(api.merge(pages), metrics, &http);
        // Clients append a slash to many paths.
        let app = NormalizePathLayer::trim_trailing_slash().layer(router);
        let app =
            axum::ServiceExt::<Request>::into_make_service_with_connect_info::<SocketAddr>(app);
        server.serve(app).await
    }
}

/// Serves the metrics, and nothing else, to everybody.
async fn serve_metrics(listener: TcpListener, state: AppState) {
    let router = Router::new()
        .route("/metrics", get(metrics))
        .with_state(state);
    let served = async move {
        let server = axum_server::from_tcp(listener)?.http1_only();
        server.serve(router.into_make_service()).await
    };
    if let Err(error) = served.await {
        tracing::error!(%error, "serving metrics ended");
    }
}

/// Makes the certificate anew before it expires, where the service makes it.
async fn renew(settings: Settings, address: IpAddr, tls: RustlsConfig) {
    loop {
        tokio::time::sleep(DAY).await;
        match Identity::load(&settings, address).and_then(|identity| identity.config()) {
            Ok(config) => tls.reload_from_config(config),
            Err(problem) => tracing::error!(reason = problem.message, "the certificate"),
        }
    }
}

/// Where clients find the service: by the machine's name, when it listens on all addresses.
fn url(address: SocketAddr) -> String {
    let host = match address.ip() {
        ip if ip.is_unspecified() => certificate::host_name(),
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    };
    match address.port() {
        443 => format!("https://{host}"),
        port => format!("https://{host}:{port}"),
    }
}

fn failed(message: String) -> Diagnostic {
    Diagnostic::new(Code::P9002, format!("the service cannot start: {message}"))
}

fn stopped(message: String) -> Diagnostic {
    Diagnostic::new(Code::P9003, message)
}

#[cfg(test)]
mod tests;
