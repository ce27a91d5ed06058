package catalog

import "time"

// lasts reports whether a membership still counts at a time.
func (m GroupMember) lasts(at time.Time) bool { return m.ExpiresAt.IsZero() || m.ExpiresAt.After(at) }

// lasts reports the same of somebody whom a paused link keeps.
func (m LinkMember) lasts(at time.Time) bool { return m.ExpiresAt.IsZero() || m.ExpiresAt.After(at) }
