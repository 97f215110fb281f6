//! The web UI: pages for people over the REST API.
//!
//! A page asks the API's own router, in the same process and in the name of the session of its cookie
//! ([`api`]). So the UI can do nothing that the API cannot, permissions are decided in one place, and
//! what a page shows is what a client gets. A page is a handler in [`pages`], or a line in the table of
//! [`lists`], and a template in `templates/`. It can be read without a script; the scripts in `assets/`
//! make it live, and tell of wrong values while they are typed.

mod api;
mod assets;
mod fields;
mod guard;
mod lists;
mod pages;
mod path;
mod refusal;
mod session;
mod show;
mod templates;

use axum::Router;
use axum::http::Extensions;
use axum::middleware::from_fn;

/// Takes over from a page's request what the API has to know of the requests that the page makes: from
/// where it came, its id.
pub type Carry = fn(&Extensions, &mut Extensions);

/// The pages, which call `api` for all that they show and do.
///
/// `/` leads to them. `api` must answer with the permissions of the session in the header `auth`.
pub fn router(api: Router, carry: Carry) -> Router {
    pages::routes()
        .merge(lists::routes())
        .merge(assets::routes())
        .layer(from_fn(guard::guard))
        .with_state(api::Backend::new(api, carry))
}
