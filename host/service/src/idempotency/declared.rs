//! The header `Idempotency-Key` in the API's document: every POST takes it.

use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{OpenApi, RefOr, Required};

/// Adds the header to every POST.
pub(crate) fn declare(document: &mut OpenApi) {
    let posts = document.paths.paths.values_mut();
    for operation in posts.filter_map(|item| item.post.as_mut()) {
        let parameters = operation.parameters.get_or_insert_default();
        parameters.push(RefOr::T(parameter()));
    }
}

fn parameter() -> Parameter {
    let text = ObjectBuilder::new()
        .schema_type(SchemaType::Type(Type::String))
        .min_length(Some(1))
        .max_length(Some(super::MAX_KEY));
    ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(
            "Chosen by the client, for 24 hours: the same key never does the work twice, and gets the \
             same reply.",
        ))
        .schema(Some(text))
        .build()
}
