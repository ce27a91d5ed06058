-- +goose Up

-- Every name that is unique without regard to case has a *_key column beside it that holds the lower-cased name:
-- both engines then agree on what is the same name. Times are microseconds since 1970, 0 for none.
-- Primary keys come last where there is another unique constraint: SQLite checks the last one first, PostgreSQL
-- the primary key, and both must report the same one.
CREATE TABLE settings (
    id                             INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    restrict_organization_creation INTEGER NOT NULL,
    create_unknown_members         INTEGER NOT NULL
) STRICT;

CREATE TABLE users (
    id           TEXT NOT NULL,
    username     TEXT NOT NULL,
    username_key TEXT NOT NULL,
    email        TEXT NOT NULL,
    suspended    INTEGER NOT NULL,
    site_admin   INTEGER NOT NULL,
    site_auditor INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    CONSTRAINT users_username UNIQUE (username_key),
    PRIMARY KEY (id)
) STRICT;
CREATE INDEX users_site_admin ON users (id) WHERE site_admin = 1;

CREATE TABLE service_accounts (
    id         TEXT NOT NULL,
    name       TEXT NOT NULL,
    name_key   TEXT NOT NULL,
    suspended  INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT service_accounts_name UNIQUE (name_key),
    PRIMARY KEY (id)
) STRICT;

-- The owners team and the default project refer back to the organization: no foreign key could hold both ways.
CREATE TABLE organizations (
    id                 TEXT NOT NULL,
    name               TEXT NOT NULL,
    name_key           TEXT NOT NULL,
    email              TEXT NOT NULL,
    disabled           INTEGER NOT NULL,
    owners_team_id     TEXT NOT NULL,
    default_project_id TEXT NOT NULL,
    allow_force_delete INTEGER NOT NULL,
    created_at         INTEGER NOT NULL,
    CONSTRAINT organizations_name UNIQUE (name_key),
    PRIMARY KEY (id)
) STRICT;

CREATE TABLE memberships (
    id              TEXT NOT NULL,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    user_id         TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    status          TEXT NOT NULL,
    created_at      INTEGER NOT NULL,
    CONSTRAINT memberships_organization_user UNIQUE (organization_id, user_id),
    PRIMARY KEY (id)
) STRICT;
CREATE INDEX memberships_user ON memberships (user_id);

CREATE TABLE teams (
    id                            TEXT NOT NULL,
    organization_id               TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    name                          TEXT NOT NULL,
    name_key                      TEXT NOT NULL,
    description                   TEXT NOT NULL,
    visibility                    TEXT NOT NULL,
    sso_team_id                   TEXT NOT NULL,
    allow_member_token_management INTEGER NOT NULL,
    created_at                    INTEGER NOT NULL,
    CONSTRAINT teams_organization_name UNIQUE (organization_id, name_key),
    PRIMARY KEY (id)
) STRICT;

CREATE TABLE team_members (
    team_id    TEXT NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
    user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    maintainer INTEGER NOT NULL,
    PRIMARY KEY (team_id, user_id)
) STRICT;
CREATE INDEX team_members_user ON team_members (user_id);

CREATE TABLE identity_groups (
    id           TEXT NOT NULL,
    source       TEXT NOT NULL,
    external_id  TEXT NOT NULL,
    display_name TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    CONSTRAINT identity_groups_external_id UNIQUE (source, external_id),
    PRIMARY KEY (id)
) STRICT;

CREATE TABLE group_members (
    group_id TEXT NOT NULL REFERENCES identity_groups (id) ON DELETE CASCADE,
    user_id  TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    PRIMARY KEY (group_id, user_id)
) STRICT;
CREATE INDEX group_members_user ON group_members (user_id);

CREATE TABLE group_children (
    parent_id TEXT NOT NULL REFERENCES identity_groups (id) ON DELETE CASCADE,
    child_id  TEXT NOT NULL REFERENCES identity_groups (id) ON DELETE CASCADE,
    PRIMARY KEY (parent_id, child_id)
) STRICT;
CREATE INDEX group_children_child ON group_children (child_id);

CREATE TABLE group_links (
    id       TEXT NOT NULL,
    group_id TEXT NOT NULL REFERENCES identity_groups (id) ON DELETE CASCADE,
    team_id  TEXT NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
    CONSTRAINT group_links_group_team UNIQUE (group_id, team_id),
    PRIMARY KEY (id)
) STRICT;
CREATE INDEX group_links_team ON group_links (team_id);

CREATE TABLE projects (
    id              TEXT NOT NULL,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    name            TEXT NOT NULL,
    name_key        TEXT NOT NULL,
    description     TEXT NOT NULL,
    created_at      INTEGER NOT NULL,
    CONSTRAINT projects_organization_name UNIQUE (organization_id, name_key),
    PRIMARY KEY (id)
) STRICT;

CREATE TABLE workspaces (
    id              TEXT NOT NULL,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    project_id      TEXT NOT NULL REFERENCES projects (id) ON DELETE RESTRICT,
    name            TEXT NOT NULL,
    name_key        TEXT NOT NULL,
    description     TEXT NOT NULL,
    created_at      INTEGER NOT NULL,
    CONSTRAINT workspaces_organization_name UNIQUE (organization_id, name_key),
    PRIMARY KEY (id)
) STRICT;
CREATE INDEX workspaces_project ON workspaces (project_id);

CREATE TABLE stacks (
    id              TEXT NOT NULL,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    project_id      TEXT NOT NULL REFERENCES projects (id) ON DELETE RESTRICT,
    name            TEXT NOT NULL,
    name_key        TEXT NOT NULL,
    description     TEXT NOT NULL,
    created_at      INTEGER NOT NULL,
    CONSTRAINT stacks_organization_name UNIQUE (organization_id, name_key),
    PRIMARY KEY (id)
) STRICT;
CREATE INDEX stacks_project ON stacks (project_id);

-- A platform-wide role has the organization '', an unnamed access set the name '': neither is a reference or a
-- duplicate of another.
CREATE TABLE roles (
    id              TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL,
    name            TEXT NOT NULL,
    name_key        TEXT NOT NULL,
    description     TEXT NOT NULL,
    permissions     TEXT NOT NULL,
    created_at      INTEGER NOT NULL
) STRICT;
CREATE INDEX roles_organization ON roles (organization_id);
CREATE UNIQUE INDEX roles_organization_name ON roles (organization_id, name_key) WHERE name_key <> '';

-- Holders and scopes are of several types, and a role may be a built-in one: no column here is a foreign key.
CREATE TABLE grants (
    id              TEXT NOT NULL,
    organization_id TEXT NOT NULL,
    holder_type     TEXT NOT NULL,
    holder_id       TEXT NOT NULL,
    role_id         TEXT NOT NULL,
    scope_type      TEXT NOT NULL,
    scope_id        TEXT NOT NULL,
    expires_at      INTEGER NOT NULL,
    created_by      TEXT NOT NULL,
    created_at      INTEGER NOT NULL,
    CONSTRAINT grants_holder_role_scope UNIQUE (holder_type, holder_id, role_id, scope_type, scope_id),
    PRIMARY KEY (id)
) STRICT;
CREATE INDEX grants_organization ON grants (organization_id);
CREATE INDEX grants_role ON grants (role_id);
CREATE INDEX grants_scope ON grants (scope_type, scope_id);

CREATE TABLE tokens (
    id           TEXT NOT NULL PRIMARY KEY,
    kind         TEXT NOT NULL,
    owner_id     TEXT NOT NULL,
    description  TEXT NOT NULL,
    scopes       TEXT NOT NULL,
    hash         BLOB NOT NULL,
    created_by   TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL
) STRICT;
CREATE INDEX tokens_owner ON tokens (owner_id, kind);
CREATE INDEX tokens_kind ON tokens (kind);

-- Audit events outlive what they speak of. The sequence orders events of the same microsecond.
CREATE TABLE audit_events (
    sequence        INTEGER PRIMARY KEY AUTOINCREMENT,
    id              TEXT NOT NULL,
    time            INTEGER NOT NULL,
    actor           TEXT NOT NULL,
    actor_name      TEXT NOT NULL,
    token_id        TEXT NOT NULL,
    request_id      TEXT NOT NULL,
    organization_id TEXT NOT NULL,
    action          TEXT NOT NULL,
    object          TEXT NOT NULL,
    related         TEXT NOT NULL,
    before          TEXT NOT NULL,
    after           TEXT NOT NULL,
    outcome         TEXT NOT NULL,
    CONSTRAINT audit_events_id UNIQUE (id)
) STRICT;
CREATE INDEX audit_events_time ON audit_events (time, sequence);
CREATE INDEX audit_events_organization ON audit_events (organization_id, time, sequence);

CREATE TABLE intents (
    sequence   INTEGER PRIMARY KEY AUTOINCREMENT,
    id         TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    slices     TEXT NOT NULL,
    CONSTRAINT intents_id UNIQUE (id)
) STRICT;

-- +goose Down

DROP TABLE intents;
DROP TABLE audit_events;
DROP TABLE tokens;
DROP TABLE grants;
DROP TABLE roles;
DROP TABLE stacks;
DROP TABLE workspaces;
DROP TABLE projects;
DROP TABLE group_links;
DROP TABLE group_children;
DROP TABLE group_members;
DROP TABLE identity_groups;
DROP TABLE team_members;
DROP TABLE teams;
DROP TABLE memberships;
DROP TABLE organizations;
DROP TABLE service_accounts;
DROP TABLE users;
DROP TABLE settings;
