//! What goes out: the image in the wire format, made while it is sent; and its history as text.

use crate::error::ApiError;
use crate::files::attachment;
use crate::state::{AppState, blocking};
use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use mintage_deploy::golden_volume;
use mintage_records::model::{GoldenImage, State, Task};
use mintage_records::{Filter, Id, Query, Stored, View};
use mintage_storage::WirePack;
use mintage_storage::store::OpenVolume;
use std::fmt::Write as _;
use std::io::{self, Read as _};
use uuid::Uuid;

/// How much is made at a time, in bytes.
const PIECE: usize = 256 << 10;

/// The image as a zip file with one entry.
pub(super) async fn download(state: &AppState, id: Id) -> Result<Response, ApiError> {
    let of = id.clone();
    let image = state.read(move |view| Ok(view.get::<GoldenImage>(&of)?));
    let image = image.await?.body;
    if image.state != State::Ok {
        let message = format!("golden image `{}` is not complete", image.name);
        return Err(
            ApiError::new(StatusCode::CONFLICT, "IMAGE_NOT_READY", message)
                .action("Wait for the task that makes it."),
        );
    }
    let folder = state.folder.clone();
    let pack = blocking(move || {
        let volume = folder.store().open(&golden_volume(&id))?;
        // The id of a resource that came with a bundle need not be one.
        let entry = Uuid::parse_str(id.as_str()).unwrap_or(Uuid::nil());
        let pack = WirePack::new(volume.device(), entry);
        // The volume stays open as long as it is sent.
        Ok((pack.map_err(|error| ApiError::internal(&error))?, volume))
    });
    let pack = pack.await?;
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/octet-stream"),
        ),
        (
            header::CONTENT_DISPOSITION,
            attachment(&format!("{}.zip", image.name))?,
        ),
    ];
    let body = Body::from_stream(stream::try_unfold(pack, next_piece));
    Ok((headers, body).into_response())
}

/// What is sent, and the volume that it is made of.
type Sending = (WirePack, Box<dyn OpenVolume>);

async fn next_piece((mut pack, volume): Sending) -> io::Result<Option<(Bytes, Sending)>> {
    let made = tokio::task::spawn_blocking(move || {
        let mut piece = vec![0; PIECE];
        let read = pack.read(&mut piece)?;
        piece.truncate(read);
        Ok((read > 0).then(|| (Bytes::from(piece), (pack, volume))))
    });
    made.await
        .unwrap_or_else(|error| Err(io::Error::other(error)))
}

/// How the image came to be, as text: what it is, what its tasks said, and what a capture's plan said.
pub(super) fn archive(view: &mut View<'_>, id: &Id) -> Result<String, ApiError> {
    let image = view.get::<GoldenImage>(id)?;
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = facts(&image, &mut text);
    for task in tasks(view, &image)? {
        for line in &task.body.log {
            let _ = writeln!(text, "{} {}", line.at, line.text);
        }
    }
    if let Some(outcome) = image.body.provenance.and_then(|from| from.outcome) {
        let outcome = serde_json::to_string_pretty(&outcome);
        let _ = writeln!(text, "{}", outcome.unwrap_or_default());
    }
    Ok(text)
}

fn facts(image: &Stored<GoldenImage>, text: &mut String) -> std::fmt::Result {
    let body = &image.body;
    writeln!(text, "golden image: {}", body.name)?;
    writeln!(text, "made: {}", image.created)?;
    if let Some(from) = &body.provenance {
        writeln!(text, "captured from: {}", from.os_volume_name)?;
        let (name, version) = (&from.build_plan_name, from.build_plan_version);
        writeln!(text, "by the build plan: {name}, version {version}")?;
    }
    if let Some(format) = &body.format {
        writeln!(text, "format of the file: {format}")?;
    }
    writeln!(
        text,
        "disk: {} bytes, {} of them data",
        body.size, body.used
    )?;
    let sums = [
        ("SHA-256 of the file", &body.check_sum),
        ("sum of the disk", &body.volume_sum),
    ];
    for (what, sum) in sums {
        if let Some(sum) = sum {
            writeln!(text, "{what}: {sum}")?;
        }
    }
    Ok(())
}

fn tasks(view: &mut View<'_>, image: &Stored<GoldenImage>) -> Result<Vec<Stored<Task>>, ApiError> {
    let named = Query {
        filters: vec![Filter::equal("resourceName", image.body.name.as_str())],
        ..Query::default()
    };
    let about = Some((mintage_records::Kind::GoldenImages, image.id.clone()));
    let mut found = view.list::<Task>(&named)?.members;
    found.retain(|task| task.body.resource == about);
    found.sort_by_key(|task| task.created);
    Ok(found)
}
