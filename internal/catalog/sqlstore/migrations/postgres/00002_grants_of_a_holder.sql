-- +goose Up

-- The grants of one holder in an organization are read at every change of one. By the organization alone, that walks
-- all of its grants.
DROP INDEX grants_organization;
CREATE INDEX grants_organization ON grants (organization_id, holder_type, holder_id);

-- +goose Down

DROP INDEX grants_organization;
CREATE INDEX grants_organization ON grants (organization_id);
