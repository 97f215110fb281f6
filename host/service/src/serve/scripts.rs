//! The listener of the setting `boot.listen`: iPXE scripts by plain HTTP, for firmware without TLS.

use super::connections::Limited;
use super::layers;
use crate::router::scripts;
use crate::settings::Http;
use crate::state::AppState;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

/// Serves iPXE scripts, and nothing else, to whoever knows their addresses. The limits are those of HTTPS, and
/// the connections are counted by themselves.
pub(super) async fn serve(listener: TcpListener, state: AppState, http: Http) {
    let served = async move {
        let mut server = axum_server::from_tcp(listener)?
            .acceptor(Limited::new(http.connections, http.body_timeout))
            .http1_only()
            .first_request_timeout(http.header_timeout);
        server
            .http_builder()
            .http1()
            .header_read_timeout(http.header_timeout);
        let metrics = Arc::clone(&state.metrics);
        let router = layers::around(scripts(state), metrics, &http);
        let app = router.into_make_service_with_connect_info::<SocketAddr>();
        server.serve(app).await
    };
    if let Err(error) = served.await {
        tracing::error!(%error, "serving iPXE scripts ended");
    }
}
