//! The page: operations by tag, then the types that they send and take.

use super::html::Html;
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;

/// The methods of an OpenAPI path item, in the order in which they are shown.
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];
/// Where the document keeps types that have names.
const SCHEMAS: &str = "#/components/schemas/";

/// The page of an OpenAPI document.
pub(crate) fn page(document: &Json) -> String {
    let title = text(&document["info"]["title"]);
    let tags = by_tag(document);
    let schemas = object(&document["components"]["schemas"]);
    let about = text(&document["info"]["description"]);
    let head = Html::default()
        .element("h1", Html::default().text(title).text(" API"))
        .tagged("p", about)
        .element(
            "p",
            Html::default()
                .text("The same for programs: ")
                .element_with(
                    "a",
                    &[("href", "/rest/openapi.json")],
                    Html::default().text("/rest/openapi.json"),
                )
                .text(". A session's id goes into the header ")
                .tagged("code", "auth")
                .text(", an API token into ")
                .tagged("code", "Authorization: Bearer")
                .text("."),
        );
    let mut contents = Html::default();
    let mut body = Html::default();
    for (tag, operations) in &tags {
        contents = contents.element("li", Html::default().link(tag, tag));
        body = body.element_with("h2", &[("id", tag)], Html::default().text(tag));
        for operation in operations {
            body = body.join(operation.html());
        }
    }
    contents = contents.element("li", Html::default().link("types", "types"));
    body = body.element_with("h2", &[("id", "types")], Html::default().text("types"));
    for (name, schema) in schemas {
        body = body.join(type_html(&name, &schema));
    }
    let nav = Html::default().element("ul", contents);
    Html::default()
        .element("header", head)
        .element_with("nav", &[("aria-label", "Contents")], nav)
        .element("main", body)
        .document(title)
}

/// One method of one path.
struct Operation {
    method: &'static str,
    path: String,
    declaration: Json,
}

fn by_tag(document: &Json) -> BTreeMap<String, Vec<Operation>> {
    let mut tags = BTreeMap::<String, Vec<Operation>>::new();
    for (path, item) in object(&document["paths"]) {
        for method in METHODS {
            let declaration = item[method].clone();
            if declaration.is_null() {
                continue;
            }
            let tag = text(&declaration["tags"][0]).to_owned();
            tags.entry(tag).or_default().push(Operation {
                method,
                path: path.clone(),
                declaration,
            });
        }
    }
    tags
}

impl Operation {
    fn html(&self) -> Html {
        let declaration = &self.declaration;
        let head = Html::default()
            .element_with(
                "b",
                &[("class", self.method)],
                Html::default().text(&self.method.to_uppercase()),
            )
            .text(" ")
            .tagged("code", &self.path);
        let mut content = Html::default()
            .element("h3", head)
            .tagged("p", text(&declaration["summary"]));
        let more = text(&declaration["description"]);
        if !more.is_empty() && more != text(&declaration["summary"]) {
            content = content.tagged("p", more);
        }
        let permission = Html::default().text("Permission: ");
        content = content.element("p", permission.tagged("code", &self.permission()));
        content = content.join(self.parameters());
        let sent = &declaration["requestBody"]["content"];
        if !sent.is_null() {
            let sends = Html::default().text("Takes ").join(bodies(sent));
            content = content.element("p", sends);
        }
        content = content.join(self.responses());
        let id = format!("{} {}", self.method, self.path);
        Html::default().element_with("section", &[("id", &id)], content)
    }

    /// The scope that its security names.
    fn permission(&self) -> String {
        let first = object(&self.declaration["security"][0]);
        let scope = first
            .values()
            .next()
            .map(|scopes| text(&scopes[0]).to_owned());
        scope.unwrap_or_else(|| "none: it is for everybody".to_owned())
    }

    fn parameters(&self) -> Html {
        let parameters = array(&self.declaration["parameters"]);
        if parameters.is_empty() {
            return Html::default();
        }
        let mut rows = Html::default();
        for parameter in parameters {
            rows = rows.element(
                "tr",
                Html::default()
                    .element(
                        "td",
                        Html::default().tagged("code", text(&parameter["name"])),
                    )
                    .tagged("td", text(&parameter["in"]))
                    .element("td", type_of(&parameter["schema"]))
                    .tagged("td", text(&parameter["description"])),
            );
        }
        Html::default().element("table", rows)
    }

    fn responses(&self) -> Html {
        let mut rows = Html::default();
        for (status, response) in object(&self.declaration["responses"]) {
            rows = rows.element(
                "tr",
                Html::default()
                    .element("td", Html::default().tagged("code", &status))
                    .element("td", bodies(&response["content"]))
                    .tagged("td", text(&response["description"])),
            );
        }
        Html::default().element("table", rows)
    }
}

/// The bodies of a request or response: content type and type of each.
fn bodies(content: &Json) -> Html {
    let mut html = Html::default();
    for (index, (kind, body)) in object(content).into_iter().enumerate() {
        let comma = if index == 0 { "" } else { ", " };
        html = html.text(comma).join(type_of(&body["schema"]));
        if kind != "application/json" {
            html = html.text(" as ").tagged("code", &kind);
        }
    }
    html
}

/// A type that has a name.
fn type_html(name: &str, schema: &Json) -> Html {
    let mut content = Html::default()
        .tagged("h3", name)
        .tagged("p", text(&schema["description"]));
    let words: Vec<_> = array(&schema["enum"]).iter().map(text).collect();
    if !words.is_empty() {
        content = content.element("p", Html::default().tagged("code", &words.join(" | ")));
    }
    let required: Vec<_> = array(&schema["required"]).iter().map(text).collect();
    let mut rows = Html::default();
    for (member, of) in object(&schema["properties"]) {
        let optional = match required.contains(&member.as_str()) {
            true => "",
            false => "optional",
        };
        rows = rows.element(
            "tr",
            Html::default()
                .element("td", Html::default().tagged("code", &member))
                .element("td", type_of(&of))
                .tagged("td", optional)
                .tagged("td", text(&of["description"])),
        );
    }
    content = content.element("table", rows);
    Html::default().element_with("section", &[("id", &format!("type-{name}"))], content)
}

/// A type where it is used: its name, or what it is made of.
fn type_of(schema: &Json) -> Html {
    if let Some(name) = schema["$ref"]
        .as_str()
        .and_then(|to| to.strip_prefix(SCHEMAS))
    {
        return Html::default().link(&format!("type-{name}"), name);
    }
    for joined in ["oneOf", "anyOf", "allOf"] {
        let parts = array(&schema[joined]);
        if !parts.is_empty() {
            let joint = if joined == "allOf" { " and " } else { " or " };
            return list(parts.iter().map(type_of), joint);
        }
    }
    match &schema["type"] {
        Json::Array(types) => list(types.iter().map(|one| plain(text(one), schema)), " or "),
        one => plain(text(one), schema),
    }
}

/// A type without a name.
fn plain(name: &str, schema: &Json) -> Html {
    match name {
        "array" => Html::default()
            .text("list of ")
            .join(type_of(&schema["items"])),
        "" => Html::default().text("anything"),
        _ => Html::default().text(name),
    }
}

fn list(parts: impl Iterator<Item = Html>, joint: &str) -> Html {
    let mut html = Html::default();
    for (index, part) in parts.enumerate() {
        html = html.text(if index == 0 { "" } else { joint }).join(part);
    }
    html
}

fn text(value: &Json) -> &str {
    value.as_str().unwrap_or_default()
}

fn array(value: &Json) -> &[Json] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn object(value: &Json) -> Map<String, Json> {
    value.as_object().cloned().unwrap_or_default()
}
