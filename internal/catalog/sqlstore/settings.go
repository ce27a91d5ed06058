package sqlstore

import (
	"context"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
)

func settingsInto(s *catalog.Settings) []any {
	return []any{&s.RestrictOrganizationCreation, &s.CreateUnknownMembers, &s.TerrakubeAdminGroup, &s.OTFLevels}
}

// Settings returns the stored settings, or the default ones.
func (q *queries) Settings(ctx context.Context) (catalog.Settings, error) {
	s, err := selectOne(ctx, q, settingsRow, settingsInto,
		`SELECT restrict_organization_creation, create_unknown_members, terrakube_admin_group, otf_levels
			FROM settings WHERE id = 1`)
	if fault.Is(err, fault.NotFound) {
		return catalog.DefaultSettings(), nil
	}
	return s, err
}

// PutSettings stores the settings.
func (q *queries) PutSettings(ctx context.Context, s catalog.Settings) error {
	return q.insert(ctx, settingsRow, `INSERT INTO settings (id, restrict_organization_creation, create_unknown_members,
			terrakube_admin_group, otf_levels)
		VALUES (1, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET
			restrict_organization_creation = excluded.restrict_organization_creation,
			create_unknown_members = excluded.create_unknown_members,
			terrakube_admin_group = excluded.terrakube_admin_group,
			otf_levels = excluded.otf_levels`,
		s.RestrictOrganizationCreation, s.CreateUnknownMembers, s.TerrakubeAdminGroup, s.OTFLevels)
}
