-- +goose Up

-- What clients of the TFE API keep and ask for. Attributes are a JSON document, '' for none; locked_by is the text of
-- an object, '' for none; a limit of -1 is none.
ALTER TABLE users ADD COLUMN email_key TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN unconfirmed_email TEXT NOT NULL DEFAULT '';
UPDATE users SET email_key = lower(email);
CREATE INDEX users_email ON users (email_key);

ALTER TABLE organizations ADD COLUMN email_key TEXT NOT NULL DEFAULT '';
ALTER TABLE organizations ADD COLUMN refuse_user_tokens INTEGER NOT NULL DEFAULT 0;
ALTER TABLE organizations ADD COLUMN limit_token_lives INTEGER NOT NULL DEFAULT 0;
ALTER TABLE organizations ADD COLUMN workspace_limit INTEGER NOT NULL DEFAULT -1;
ALTER TABLE organizations ADD COLUMN attributes TEXT NOT NULL DEFAULT '';
UPDATE organizations SET email_key = lower(email);

ALTER TABLE projects ADD COLUMN attributes TEXT NOT NULL DEFAULT '';

ALTER TABLE workspaces ADD COLUMN locked_by TEXT NOT NULL DEFAULT '';
ALTER TABLE workspaces ADD COLUMN lock_reason TEXT NOT NULL DEFAULT '';
ALTER TABLE workspaces ADD COLUMN attributes TEXT NOT NULL DEFAULT '';
ALTER TABLE workspaces ADD COLUMN updated_at INTEGER NOT NULL DEFAULT 0;
UPDATE workspaces SET updated_at = created_at;

-- What a custom access set was made of: a JSON document.
ALTER TABLE roles ADD COLUMN fields TEXT NOT NULL DEFAULT 'null';

ALTER TABLE tokens ADD COLUMN legacy INTEGER NOT NULL DEFAULT 0;

-- A person is known by issuer and subject together; an identity has no id of its own.
CREATE TABLE identities (
    issuer     TEXT NOT NULL,
    subject    TEXT NOT NULL,
    user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    CONSTRAINT identities_issuer_subject UNIQUE (issuer, subject)
) STRICT;
CREATE INDEX identities_user ON identities (user_id);

CREATE TABLE tags (
    id              TEXT NOT NULL,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    name            TEXT NOT NULL,
    name_key        TEXT NOT NULL,
    created_at      INTEGER NOT NULL,
    CONSTRAINT tags_organization_name UNIQUE (organization_id, name_key),
    PRIMARY KEY (id)
) STRICT;
CREATE INDEX tags_name ON tags (name_key);

CREATE TABLE workspace_tags (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    tag_id       TEXT NOT NULL REFERENCES tags (id) ON DELETE CASCADE,
    PRIMARY KEY (workspace_id, tag_id)
) STRICT;
CREATE INDEX workspace_tags_tag ON workspace_tags (tag_id);

-- One table of bindings for each type of resource, so that a foreign key takes them along.
CREATE TABLE project_tag_bindings (
    project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    key        TEXT NOT NULL,
    value      TEXT NOT NULL,
    PRIMARY KEY (project_id, key)
) STRICT;
CREATE INDEX project_tag_bindings_key ON project_tag_bindings (key, value);

CREATE TABLE workspace_tag_bindings (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    key          TEXT NOT NULL,
    value        TEXT NOT NULL,
    PRIMARY KEY (workspace_id, key)
) STRICT;
CREATE INDEX workspace_tag_bindings_key ON workspace_tag_bindings (key, value);

CREATE TABLE consumers (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    consumer_id  TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    PRIMARY KEY (workspace_id, consumer_id)
) STRICT;
CREATE INDEX consumers_consumer ON consumers (consumer_id);

CREATE TABLE agent_pools (
    id              TEXT NOT NULL,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    name            TEXT NOT NULL,
    name_key        TEXT NOT NULL,
    attributes      TEXT NOT NULL,
    created_at      INTEGER NOT NULL,
    CONSTRAINT agent_pools_organization_name UNIQUE (organization_id, name_key),
    PRIMARY KEY (id)
) STRICT;

-- As with bindings. The policy of a resource is replaced, id and all, so the resource is the key.
CREATE TABLE organization_retentions (
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    id              TEXT NOT NULL,
    days            INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    PRIMARY KEY (organization_id)
) STRICT;

CREATE TABLE workspace_retentions (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    id           TEXT NOT NULL,
    days         INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    PRIMARY KEY (workspace_id)
) STRICT;

-- longest is in microseconds.
CREATE TABLE token_lives (
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    kind            TEXT NOT NULL,
    longest         INTEGER NOT NULL,
    PRIMARY KEY (organization_id, kind)
) STRICT;

-- The store counts the sequence itself, so that it has no gaps. Events of before this migration have no hash.
ALTER TABLE audit_events ADD COLUMN address TEXT NOT NULL DEFAULT '';
ALTER TABLE audit_events ADD COLUMN reason TEXT NOT NULL DEFAULT '';
ALTER TABLE audit_events ADD COLUMN hash BLOB NOT NULL DEFAULT x'';
ALTER TABLE audit_events ADD COLUMN zed_token TEXT NOT NULL DEFAULT '';
CREATE INDEX audit_events_actor ON audit_events (actor, time, sequence);
CREATE INDEX audit_events_object ON audit_events (object, time, sequence);

-- Where the chain of events begins, at the last event that was given up, and where it ends. The end is kept apart from
-- the events, so that it shows when the last of them are removed.
CREATE TABLE audit_chain (
    id              INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    anchor_sequence INTEGER NOT NULL,
    anchor_hash     BLOB NOT NULL,
    head_sequence   INTEGER NOT NULL,
    head_hash       BLOB NOT NULL
) STRICT;
INSERT INTO audit_chain (id, anchor_sequence, anchor_hash, head_sequence, head_hash)
    VALUES (1, 0, x'', COALESCE((SELECT max(sequence) FROM audit_events), 0), x'');

-- +goose Down

DROP TABLE audit_chain;
DROP INDEX audit_events_object;
DROP INDEX audit_events_actor;
ALTER TABLE audit_events DROP COLUMN zed_token;
ALTER TABLE audit_events DROP COLUMN hash;
ALTER TABLE audit_events DROP COLUMN reason;
ALTER TABLE audit_events DROP COLUMN address;
DROP TABLE token_lives;
DROP TABLE workspace_retentions;
DROP TABLE organization_retentions;
DROP TABLE agent_pools;
DROP TABLE consumers;
DROP TABLE workspace_tag_bindings;
DROP TABLE project_tag_bindings;
DROP TABLE workspace_tags;
DROP TABLE tags;
DROP TABLE identities;
ALTER TABLE tokens DROP COLUMN legacy;
ALTER TABLE roles DROP COLUMN fields;
ALTER TABLE workspaces DROP COLUMN updated_at;
ALTER TABLE workspaces DROP COLUMN attributes;
ALTER TABLE workspaces DROP COLUMN lock_reason;
ALTER TABLE workspaces DROP COLUMN locked_by;
ALTER TABLE projects DROP COLUMN attributes;
ALTER TABLE organizations DROP COLUMN attributes;
ALTER TABLE organizations DROP COLUMN workspace_limit;
ALTER TABLE organizations DROP COLUMN limit_token_lives;
ALTER TABLE organizations DROP COLUMN refuse_user_tokens;
ALTER TABLE organizations DROP COLUMN email_key;
DROP INDEX users_email;
ALTER TABLE users DROP COLUMN unconfirmed_email;
ALTER TABLE users DROP COLUMN email_key;
