-- +goose Up

-- Terrakube's administrator group by its display name, '' for none, and whose matrix the levels of teams follow.
ALTER TABLE settings ADD COLUMN terrakube_admin_group TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE settings ADD COLUMN otf_levels BOOLEAN NOT NULL DEFAULT FALSE;

-- What clients of a protocol keep with a row: a JSON document, '' for none.
ALTER TABLE teams ADD COLUMN attributes TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE grants ADD COLUMN attributes TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE tokens ADD COLUMN attributes TEXT COLLATE "C" NOT NULL DEFAULT '';

CREATE INDEX identity_groups_name ON identity_groups (display_name);

-- Who holds a role, and a few grants of each holder, without a look at all of them.
DROP INDEX grants_role;
CREATE INDEX grants_role ON grants (role_id, holder_type, holder_id, id);

-- What platforms keep in organizations, workspaces and other records. What a record is in takes it along; place is the
-- nearest of those, in which names are unique; without a name it is NULL.
CREATE TABLE records (
    id              TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    kind            TEXT COLLATE "C" NOT NULL,
    organization_id TEXT COLLATE "C" REFERENCES organizations (id) ON DELETE CASCADE,
    workspace_id    TEXT COLLATE "C" REFERENCES workspaces (id) ON DELETE CASCADE,
    parent_id       TEXT COLLATE "C" REFERENCES records (id) ON DELETE CASCADE,
    place           TEXT COLLATE "C" NOT NULL,
    name            TEXT COLLATE "C",
    attributes      TEXT COLLATE "C" NOT NULL,
    created_by      TEXT COLLATE "C" NOT NULL,
    created_at      BIGINT NOT NULL,
    updated_by      TEXT COLLATE "C" NOT NULL,
    updated_at      BIGINT NOT NULL,
    CONSTRAINT records_name UNIQUE (kind, place, name)
);
CREATE INDEX records_organization ON records (organization_id, kind);
CREATE INDEX records_workspace ON records (workspace_id);
CREATE INDEX records_parent ON records (parent_id);

-- A scope has no foreign key, as with grants. A decider is the text of an object, '' for none.
CREATE TABLE access_requests (
    id              TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    organization_id TEXT COLLATE "C" NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    user_id         TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role_id         TEXT COLLATE "C" NOT NULL,
    scope_type      TEXT COLLATE "C" NOT NULL,
    scope_id        TEXT COLLATE "C" NOT NULL,
    reason          TEXT COLLATE "C" NOT NULL,
    expires_at      BIGINT NOT NULL,
    status          TEXT COLLATE "C" NOT NULL,
    decided_by      TEXT COLLATE "C" NOT NULL,
    decided_at      BIGINT NOT NULL,
    answer          TEXT COLLATE "C" NOT NULL,
    grant_id        TEXT COLLATE "C" NOT NULL,
    created_at      BIGINT NOT NULL
);
CREATE INDEX access_requests_organization ON access_requests (organization_id, status, created_at);
CREATE INDEX access_requests_user ON access_requests (user_id);
CREATE INDEX access_requests_scope ON access_requests (scope_type, scope_id);

-- +goose Down

DROP TABLE access_requests;
DROP TABLE records;
DROP INDEX grants_role;
CREATE INDEX grants_role ON grants (role_id);
DROP INDEX identity_groups_name;
ALTER TABLE tokens DROP COLUMN attributes;
ALTER TABLE grants DROP COLUMN attributes;
ALTER TABLE teams DROP COLUMN attributes;
ALTER TABLE settings DROP COLUMN otf_levels;
ALTER TABLE settings DROP COLUMN terrakube_admin_group;
