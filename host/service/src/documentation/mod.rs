//! The OpenAPI document as a page for people: plain HTML, without scripts and without anything from
//! elsewhere.

mod html;
mod page;

pub(crate) use page::page;

/// How the page looks.
pub(crate) const STYLE: &str = include_str!("style.css");
