-- +goose Up

-- Groups that their directory has no more, what SCIM clients keep with them, and memberships that end.
ALTER TABLE identity_groups ADD COLUMN paused BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE identity_groups ADD COLUMN gone_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE identity_groups ADD COLUMN attributes TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE identity_groups ADD COLUMN version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE identity_groups ADD COLUMN updated_at BIGINT NOT NULL DEFAULT 0;
UPDATE identity_groups SET updated_at = created_at;
ALTER TABLE group_members ADD COLUMN expires_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX group_members_expiry ON group_members (expires_at) WHERE expires_at > 0;

-- Links made by rules, '' for people, and whom a paused link keeps.
ALTER TABLE group_links ADD COLUMN rule TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE group_links ADD COLUMN paused BOOLEAN NOT NULL DEFAULT FALSE;
CREATE TABLE link_members (
    link_id    TEXT COLLATE "C" NOT NULL REFERENCES group_links (id) ON DELETE CASCADE,
    user_id    TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (link_id, user_id)
);
CREATE INDEX link_members_user ON link_members (user_id);

CREATE TABLE directories (
    name         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    kind         TEXT COLLATE "C" NOT NULL,
    trust        TEXT COLLATE "C" NOT NULL,
    issuer       TEXT COLLATE "C" NOT NULL,
    profile      TEXT COLLATE "C" NOT NULL,
    disabled     BOOLEAN NOT NULL,
    paused       BOOLEAN NOT NULL,
    cursor       TEXT COLLATE "C" NOT NULL,
    full_at      BIGINT NOT NULL,
    attempted_at BIGINT NOT NULL,
    succeeded_at BIGINT NOT NULL,
    failure      TEXT COLLATE "C" NOT NULL,
    created_at   BIGINT NOT NULL
);

-- How directories know people.
CREATE TABLE directory_people (
    source       TEXT COLLATE "C" NOT NULL,
    external_id  TEXT COLLATE "C" NOT NULL,
    user_id      TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    username     TEXT COLLATE "C" NOT NULL,
    username_key TEXT COLLATE "C" NOT NULL,
    email        TEXT COLLATE "C" NOT NULL,
    inactive_at  BIGINT NOT NULL,
    suspends     BOOLEAN NOT NULL,
    released     BOOLEAN NOT NULL,
    deleted      BOOLEAN NOT NULL,
    attributes   TEXT COLLATE "C" NOT NULL,
    version      BIGINT NOT NULL,
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL,
    CONSTRAINT directory_people_user UNIQUE (source, user_id),
    PRIMARY KEY (source, external_id)
);
CREATE INDEX directory_people_username ON directory_people (source, username_key);
CREATE INDEX directory_people_user_id ON directory_people (user_id);

-- A decider is the text of an object, '' for none.
CREATE TABLE sync_plans (
    id          TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    source      TEXT COLLATE "C" NOT NULL,
    digest      TEXT COLLATE "C" NOT NULL,
    status      TEXT COLLATE "C" NOT NULL,
    started_by  TEXT COLLATE "C" NOT NULL,
    document    TEXT COLLATE "C" NOT NULL,
    report      TEXT COLLATE "C" NOT NULL,
    cursor      TEXT COLLATE "C" NOT NULL,
    full_read   BOOLEAN NOT NULL,
    error       TEXT COLLATE "C" NOT NULL,
    created_by  TEXT COLLATE "C" NOT NULL,
    created_at  BIGINT NOT NULL,
    decided_by  TEXT COLLATE "C" NOT NULL,
    decided_at  BIGINT NOT NULL,
    comment     TEXT COLLATE "C" NOT NULL,
    finished_at BIGINT NOT NULL
);
CREATE INDEX sync_plans_source ON sync_plans (source, created_at);
CREATE INDEX sync_plans_status ON sync_plans (status, source);

-- What directories took away, for the limits of a day.
CREATE TABLE removals (
    source      TEXT COLLATE "C" NOT NULL,
    at          BIGINT NOT NULL,
    memberships BIGINT NOT NULL,
    people      BIGINT NOT NULL,
    groups      BIGINT NOT NULL,
    plan_id     TEXT COLLATE "C" NOT NULL
);
CREATE INDEX removals_source ON removals (source, at);

CREATE TABLE leases (
    name   TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    holder TEXT COLLATE "C" NOT NULL,
    until  BIGINT NOT NULL
);

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
