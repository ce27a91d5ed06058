-- +goose Up

-- Every name that is unique without regard to case has a *_key column beside it that holds the lower-cased name:
-- both engines then agree on what is the same name. Times are microseconds since 1970, 0 for none. Text is
-- compared byte by byte (COLLATE "C"), so that lists have one order whatever the locale of the server.
CREATE TABLE settings (
    id                             INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    restrict_organization_creation BOOLEAN NOT NULL,
    create_unknown_members         BOOLEAN NOT NULL
);

CREATE TABLE users (
    id           TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    username     TEXT COLLATE "C" NOT NULL,
    username_key TEXT COLLATE "C" NOT NULL,
    email        TEXT COLLATE "C" NOT NULL,
    suspended    BOOLEAN NOT NULL,
    site_admin   BOOLEAN NOT NULL,
    site_auditor BOOLEAN NOT NULL,
    created_at   BIGINT NOT NULL,
    CONSTRAINT users_username UNIQUE (username_key)
);
CREATE INDEX users_site_admin ON users (id) WHERE site_admin;

CREATE TABLE service_accounts (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name       TEXT COLLATE "C" NOT NULL,
    name_key   TEXT COLLATE "C" NOT NULL,
    suspended  BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    CONSTRAINT service_accounts_name UNIQUE (name_key)
);

-- The owners team and the default project refer back to the organization: no foreign key could hold both ways.
CREATE TABLE organizations (
    id                 TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name               TEXT COLLATE "C" NOT NULL,
    name_key           TEXT COLLATE "C" NOT NULL,
    email              TEXT COLLATE "C" NOT NULL,
    disabled           BOOLEAN NOT NULL,
    owners_team_id     TEXT COLLATE "C" NOT NULL,
    default_project_id TEXT COLLATE "C" NOT NULL,
    allow_force_delete BOOLEAN NOT NULL,
    created_at         BIGINT NOT NULL,
    CONSTRAINT organizations_name UNIQUE (name_key)
);

CREATE TABLE memberships (
    id              TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    organization_id TEXT COLLATE "C" NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    user_id         TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    status          TEXT COLLATE "C" NOT NULL,
    created_at      BIGINT NOT NULL,
    CONSTRAINT memberships_organization_user UNIQUE (organization_id, user_id)
);
CREATE INDEX memberships_user ON memberships (user_id);

CREATE TABLE teams (
    id                            TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    organization_id               TEXT COLLATE "C" NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    name                          TEXT COLLATE "C" NOT NULL,
    name_key                      TEXT COLLATE "C" NOT NULL,
    description                   TEXT COLLATE "C" NOT NULL,
    visibility                    TEXT COLLATE "C" NOT NULL,
    sso_team_id                   TEXT COLLATE "C" NOT NULL,
    allow_member_token_management BOOLEAN NOT NULL,
    created_at                    BIGINT NOT NULL,
    CONSTRAINT teams_organization_name UNIQUE (organization_id, name_key)
);

CREATE TABLE team_members (
    team_id    TEXT COLLATE "C" NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
    user_id    TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    maintainer BOOLEAN NOT NULL,
    PRIMARY KEY (team_id, user_id)
);
CREATE INDEX team_members_user ON team_members (user_id);

CREATE TABLE identity_groups (
    id           TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    source       TEXT COLLATE "C" NOT NULL,
    external_id  TEXT COLLATE "C" NOT NULL,
    display_name TEXT COLLATE "C" NOT NULL,
    created_at   BIGINT NOT NULL,
    CONSTRAINT identity_groups_external_id UNIQUE (source, external_id)
);

CREATE TABLE group_members (
    group_id TEXT COLLATE "C" NOT NULL REFERENCES identity_groups (id) ON DELETE CASCADE,
    user_id  TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    PRIMARY KEY (group_id, user_id)
);
CREATE INDEX group_members_user ON group_members (user_id);

CREATE TABLE group_children (
    parent_id TEXT COLLATE "C" NOT NULL REFERENCES identity_groups (id) ON DELETE CASCADE,
    child_id  TEXT COLLATE "C" NOT NULL REFERENCES identity_groups (id) ON DELETE CASCADE,
    PRIMARY KEY (parent_id, child_id)
);
CREATE INDEX group_children_child ON group_children (child_id);

CREATE TABLE group_links (
    id       TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    group_id TEXT COLLATE "C" NOT NULL REFERENCES identity_groups (id) ON DELETE CASCADE,
    team_id  TEXT COLLATE "C" NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
    CONSTRAINT group_links_group_team UNIQUE (group_id, team_id)
);
CREATE INDEX group_links_team ON group_links (team_id);

CREATE TABLE projects (
    id              TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    organization_id TEXT COLLATE "C" NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    name            TEXT COLLATE "C" NOT NULL,
    name_key        TEXT COLLATE "C" NOT NULL,
    description     TEXT COLLATE "C" NOT NULL,
    created_at      BIGINT NOT NULL,
    CONSTRAINT projects_organization_name UNIQUE (organization_id, name_key)
);

CREATE TABLE workspaces (
    id              TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    organization_id TEXT COLLATE "C" NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    project_id      TEXT COLLATE "C" NOT NULL REFERENCES projects (id) ON DELETE RESTRICT,
    name            TEXT COLLATE "C" NOT NULL,
    name_key        TEXT COLLATE "C" NOT NULL,
    description     TEXT COLLATE "C" NOT NULL,
    created_at      BIGINT NOT NULL,
    CONSTRAINT workspaces_organization_name UNIQUE (organization_id, name_key)
);
CREATE INDEX workspaces_project ON workspaces (project_id);

CREATE TABLE stacks (
    id              TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    organization_id TEXT COLLATE "C" NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    project_id      TEXT COLLATE "C" NOT NULL REFERENCES projects (id) ON DELETE RESTRICT,
    name            TEXT COLLATE "C" NOT NULL,
    name_key        TEXT COLLATE "C" NOT NULL,
    description     TEXT COLLATE "C" NOT NULL,
    created_at      BIGINT NOT NULL,
    CONSTRAINT stacks_organization_name UNIQUE (organization_id, name_key)
);
CREATE INDEX stacks_project ON stacks (project_id);

-- A platform-wide role has the organization '', an unnamed access set the name '': neither is a reference or a
-- duplicate of another.
CREATE TABLE roles (
    id              TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    organization_id TEXT COLLATE "C" NOT NULL,
    name            TEXT COLLATE "C" NOT NULL,
    name_key        TEXT COLLATE "C" NOT NULL,
    description     TEXT COLLATE "C" NOT NULL,
    permissions     TEXT COLLATE "C" NOT NULL,
    created_at      BIGINT NOT NULL
);
CREATE INDEX roles_organization ON roles (organization_id);
CREATE UNIQUE INDEX roles_organization_name ON roles (organization_id, name_key) WHERE name_key <> '';

-- Holders and scopes are of several types, and a role may be a built-in one: no column here is a foreign key.
CREATE TABLE grants (
    id              TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    organization_id TEXT COLLATE "C" NOT NULL,
    holder_type     TEXT COLLATE "C" NOT NULL,
    holder_id       TEXT COLLATE "C" NOT NULL,
    role_id         TEXT COLLATE "C" NOT NULL,
    scope_type      TEXT COLLATE "C" NOT NULL,
    scope_id        TEXT COLLATE "C" NOT NULL,
    expires_at      BIGINT NOT NULL,
    created_by      TEXT COLLATE "C" NOT NULL,
    created_at      BIGINT NOT NULL,
    CONSTRAINT grants_holder_role_scope UNIQUE (holder_type, holder_id, role_id, scope_type, scope_id)
);
CREATE INDEX grants_organization ON grants (organization_id);
CREATE INDEX grants_role ON grants (role_id);
CREATE INDEX grants_scope ON grants (scope_type, scope_id);

CREATE TABLE tokens (
    id           TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    kind         TEXT COLLATE "C" NOT NULL,
    owner_id     TEXT COLLATE "C" NOT NULL,
    description  TEXT COLLATE "C" NOT NULL,
    scopes       TEXT COLLATE "C" NOT NULL,
    hash         BYTEA NOT NULL,
    created_by   TEXT COLLATE "C" NOT NULL,
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL
);
CREATE INDEX tokens_owner ON tokens (owner_id, kind);
CREATE INDEX tokens_kind ON tokens (kind);

-- Audit events outlive what they speak of. The sequence orders events of the same microsecond.
CREATE TABLE audit_events (
    sequence        BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id              TEXT COLLATE "C" NOT NULL,
    time            BIGINT NOT NULL,
    actor           TEXT COLLATE "C" NOT NULL,
    actor_name      TEXT COLLATE "C" NOT NULL,
    token_id        TEXT COLLATE "C" NOT NULL,
    request_id      TEXT COLLATE "C" NOT NULL,
    organization_id TEXT COLLATE "C" NOT NULL,
    action          TEXT COLLATE "C" NOT NULL,
    object          TEXT COLLATE "C" NOT NULL,
    related         TEXT COLLATE "C" NOT NULL,
    before          TEXT COLLATE "C" NOT NULL,
    after           TEXT COLLATE "C" NOT NULL,
    outcome         TEXT COLLATE "C" NOT NULL,
    CONSTRAINT audit_events_id UNIQUE (id)
);
CREATE INDEX audit_events_time ON audit_events (time, sequence);
CREATE INDEX audit_events_organization ON audit_events (organization_id, time, sequence);

CREATE TABLE intents (
    sequence   BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id         TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    slices     TEXT COLLATE "C" NOT NULL,
    CONSTRAINT intents_id UNIQUE (id)
);

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
