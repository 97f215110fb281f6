-- Who may write. Each change locks this row, compares its own generation with it, and writes the
-- generation into every row that it touches.
CREATE TABLE lease (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    holder {text} NOT NULL,
    generation BIGINT NOT NULL,
    taken BIGINT NOT NULL
);

-- Documents. `name_key` is the name in lower case where names are unique within the kind, else null.
-- `fields` is a flat JSON object of texts: what lists filter and sort by, without reading the body.
CREATE TABLE resource (
    kind {text} NOT NULL,
    id {text} NOT NULL,
    name {text} NOT NULL,
    name_key {text},
    version BIGINT NOT NULL,
    created BIGINT NOT NULL,
    modified BIGINT NOT NULL,
    changed_by {text} NOT NULL,
    fields {json} NOT NULL,
    body {text} NOT NULL,
    generation BIGINT NOT NULL,
    PRIMARY KEY (kind, id),
    UNIQUE (kind, name_key)
);
-- Lists by name; where the database can, with all that filters look at, so that they need not read
-- the bodies.
CREATE INDEX resource_by_name ON resource (kind, name, id{filtered});

-- Every version of those kinds that keep them, the newest too.
CREATE TABLE resource_version (
    kind {text} NOT NULL,
    id {text} NOT NULL,
    version BIGINT NOT NULL,
    modified BIGINT NOT NULL,
    changed_by {text} NOT NULL,
    body {text} NOT NULL,
    generation BIGINT NOT NULL,
    PRIMARY KEY (kind, id, version),
    FOREIGN KEY (kind, id) REFERENCES resource (kind, id) ON DELETE CASCADE
);

-- Who needs whom. The database itself refuses what would leave one dangling.
CREATE TABLE reference (
    from_kind {text} NOT NULL,
    from_id {text} NOT NULL,
    role {text} NOT NULL,
    to_kind {text} NOT NULL,
    to_id {text} NOT NULL,
    generation BIGINT NOT NULL,
    PRIMARY KEY (from_kind, from_id, role, to_kind, to_id),
    FOREIGN KEY (from_kind, from_id) REFERENCES resource (kind, id) ON DELETE CASCADE,
    FOREIGN KEY (to_kind, to_id) REFERENCES resource (kind, id) ON DELETE RESTRICT
);
CREATE INDEX reference_by_target ON reference (to_kind, to_id);

-- All changes of resources, in order.
CREATE TABLE event (
    sequence {sequence},
    at BIGINT NOT NULL,
    kind {text} NOT NULL,
    id {text} NOT NULL,
    action {text} NOT NULL,
    version BIGINT NOT NULL,
    generation BIGINT NOT NULL
);

CREATE TABLE user_account (
    name {text} NOT NULL PRIMARY KEY,
    full_name {text} NOT NULL,
    role {text} NOT NULL,
    password_hash {text} NOT NULL,
    is_enabled BIGINT NOT NULL,
    must_change_password BIGINT NOT NULL,
    version BIGINT NOT NULL,
    created BIGINT NOT NULL,
    modified BIGINT NOT NULL,
    generation BIGINT NOT NULL
);

-- Only the hash of a token is kept.
CREATE TABLE session (
    token_hash {text} NOT NULL PRIMARY KEY,
    user_name {text} NOT NULL REFERENCES user_account (name) ON DELETE CASCADE,
    created BIGINT NOT NULL,
    last_used BIGINT NOT NULL,
    idle_timeout BIGINT NOT NULL,
    generation BIGINT NOT NULL
);

CREATE TABLE api_token (
    id {text} NOT NULL PRIMARY KEY,
    token_hash {text} NOT NULL UNIQUE,
    name {text} NOT NULL,
    user_name {text} NOT NULL REFERENCES user_account (name) ON DELETE CASCADE,
    role {text} NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT,
    last_used BIGINT,
    generation BIGINT NOT NULL
);

-- Who did what: never changed, never deleted.
CREATE TABLE audit (
    sequence {sequence},
    at BIGINT NOT NULL,
    user_name {text} NOT NULL,
    address {text} NOT NULL,
    method {text} NOT NULL,
    path {text} NOT NULL,
    outcome BIGINT NOT NULL,
    detail {text} NOT NULL,
    request_id {text} NOT NULL,
    generation BIGINT NOT NULL
);

-- What came of a request with an idempotency key. `status` is null while it is being done.
CREATE TABLE idempotency (
    user_name {text} NOT NULL,
    idempotency_key {text} NOT NULL,
    request_hash {text} NOT NULL,
    created BIGINT NOT NULL,
    status BIGINT,
    location {text},
    body {bytes},
    generation BIGINT NOT NULL,
    PRIMARY KEY (user_name, idempotency_key)
);

-- Single facts of the installation: which key seals, when the first start was.
CREATE TABLE setting (
    name {text} NOT NULL PRIMARY KEY,
    value {text} NOT NULL,
    generation BIGINT NOT NULL
);
