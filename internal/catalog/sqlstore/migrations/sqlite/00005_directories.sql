-- +goose Up

-- Groups that their directory has no more, what SCIM clients keep with them, and memberships that end.
ALTER TABLE identity_groups ADD COLUMN paused INTEGER NOT NULL DEFAULT 0;
ALTER TABLE identity_groups ADD COLUMN gone_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE identity_groups ADD COLUMN attributes TEXT NOT NULL DEFAULT '';
ALTER TABLE identity_groups ADD COLUMN version INTEGER NOT NULL DEFAULT 0;
ALTER TABLE identity_groups ADD COLUMN updated_at INTEGER NOT NULL DEFAULT 0;
UPDATE identity_groups SET updated_at = created_at;
ALTER TABLE group_members ADD COLUMN expires_at INTEGER NOT NULL DEFAULT 0;
CREATE INDEX group_members_expiry ON group_members (expires_at) WHERE expires_at > 0;

-- Links made by rules, '' for people, and whom a paused link keeps.
ALTER TABLE group_links ADD COLUMN rule TEXT NOT NULL DEFAULT '';
ALTER TABLE group_links ADD COLUMN paused INTEGER NOT NULL DEFAULT 0;
CREATE TABLE link_members (
    link_id    TEXT NOT NULL REFERENCES group_links (id) ON DELETE CASCADE,
    user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (link_id, user_id)
) STRICT;
CREATE INDEX link_members_user ON link_members (user_id);

CREATE TABLE directories (
    name         TEXT NOT NULL PRIMARY KEY,
    kind         TEXT NOT NULL,
    trust        TEXT NOT NULL,
    issuer       TEXT NOT NULL,
    profile      TEXT NOT NULL,
    disabled     INTEGER NOT NULL,
    paused       INTEGER NOT NULL,
    cursor       TEXT NOT NULL,
    full_at      INTEGER NOT NULL,
    attempted_at INTEGER NOT NULL,
    succeeded_at INTEGER NOT NULL,
    failure      TEXT NOT NULL,
    created_at   INTEGER NOT NULL
) STRICT;

-- How directories know people.
CREATE TABLE directory_people (
    source       TEXT NOT NULL,
    external_id  TEXT NOT NULL,
    user_id      TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    username     TEXT NOT NULL,
    username_key TEXT NOT NULL,
    email        TEXT NOT NULL,
    inactive_at  INTEGER NOT NULL,
    suspends     INTEGER NOT NULL,
    released     INTEGER NOT NULL,
    deleted      INTEGER NOT NULL,
    attributes   TEXT NOT NULL,
    version      INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    CONSTRAINT directory_people_user UNIQUE (source, user_id),
    PRIMARY KEY (source, external_id)
) STRICT;
CREATE INDEX directory_people_username ON directory_people (source, username_key);
CREATE INDEX directory_people_user_id ON directory_people (user_id);

-- A decider is the text of an object, '' for none.
CREATE TABLE sync_plans (
    id          TEXT NOT NULL PRIMARY KEY,
    source      TEXT NOT NULL,
    digest      TEXT NOT NULL,
    status      TEXT NOT NULL,
    started_by  TEXT NOT NULL,
    document    TEXT NOT NULL,
    report      TEXT NOT NULL,
    cursor      TEXT NOT NULL,
    full_read   INTEGER NOT NULL,
    error       TEXT NOT NULL,
    created_by  TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    decided_by  TEXT NOT NULL,
    decided_at  INTEGER NOT NULL,
    comment     TEXT NOT NULL,
    finished_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sync_plans_source ON sync_plans (source, created_at);
CREATE INDEX sync_plans_status ON sync_plans (status, source);

-- What directories took away, for the limits of a day.
CREATE TABLE removals (
    source      TEXT NOT NULL,
    at          INTEGER NOT NULL,
    memberships INTEGER NOT NULL,
    people      INTEGER NOT NULL,
    groups      INTEGER NOT NULL,
    plan_id     TEXT NOT NULL
) STRICT;
CREATE INDEX removals_source ON removals (source, at);

CREATE TABLE leases (
    name   TEXT NOT NULL PRIMARY KEY,
    holder TEXT NOT NULL,
    until  INTEGER NOT NULL
) STRICT;

-- +goose Down

DROP TABLE leases;
DROP TABLE removals;
DROP TABLE sync_plans;
DROP TABLE directory_people;
DROP TABLE directories;
DROP TABLE link_members;
ALTER TABLE group_links DROP COLUMN paused;
ALTER TABLE group_links DROP COLUMN rule;
DROP INDEX group_members_expiry;
ALTER TABLE group_members DROP COLUMN expires_at;
ALTER TABLE identity_groups DROP COLUMN updated_at;
ALTER TABLE identity_groups DROP COLUMN version;
ALTER TABLE identity_groups DROP COLUMN attributes;
ALTER TABLE identity_groups DROP COLUMN gone_at;
ALTER TABLE identity_groups DROP COLUMN paused;
