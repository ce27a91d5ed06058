package ldap

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	goldap "github.com/go-ldap/ldap/v3"

	"github.com/terrawarden/terrawarden/loader/directory"
)

const (
	// stampForm is how times are written (RFC 4517 section 3.3.13), without the fraction that Active Directory wants.
	stampForm = "20060102150405"
	// overlap is read again by every increment: servers that copy from each other are late.
	overlap = 5 * time.Minute
)

// saw notes when an entry was changed.
func (r *reader) saw(e *goldap.Entry) {
	if t, ok := parseStamp(e.GetEqualFoldAttributeValue(r.settings.Attributes.Changed)); ok && t.After(r.latest) {
		r.latest = t
	}
}

// parseStamp reads a time in UTC; a fraction is left out.
func parseStamp(text string) (time.Time, bool) {
	text, utc := strings.CutSuffix(text, "Z")
	text, _, _ = strings.Cut(text, ".")
	t, err := time.Parse(stampForm, text)
	return t, err == nil && utc
}

// stamp writes a time as the directory compares it.
func (s Settings) stamp(t time.Time) string {
	if s.Kind == KindActiveDirectory {
		return t.Format(stampForm) + ".0Z"
	}
	return t.Format(stampForm) + "Z"
}

// margin returns the time from which everything is read that changed after one, "" for everything.
func (s Settings) margin(t time.Time) string {
	if t.IsZero() || s.Attributes.Changed == none {
		return ""
	}
	return s.stamp(t.Add(-overlap))
}

// fingerprint changes with everything that a cursor depends on: with other settings, a full read comes first.
func (s Settings) fingerprint() string {
	a := s.Attributes
	sum := sha256.Sum256([]byte(strings.Join([]string{
		s.URL, string(s.Kind), s.UserBase, s.UserFilter, s.GroupBase, s.GroupFilter, a.ID, a.Username, a.Mail, a.Name, a.Member, a.Changed,
	}, "\x00")))
	return hex.EncodeToString(sum[:8])
}

// since returns the time of a cursor. It reports false where everything is to be read.
func (s Settings) since(cursor string) (string, bool) {
	settings, stamp, ok := strings.Cut(cursor, "@")
	// With the matching rule, a group changes when one inside it does, and its own time does not.
	if !ok || settings != s.fingerprint() || s.Attributes.Changed == none || s.MatchingRule {
		return "", false
	}
	t, ok := parseStamp(stamp)
	if !ok {
		return "", false
	}
	return s.stamp(t), true
}

// cursor returns where the next read may begin: before the last change seen, by as long as this read took and the
// overlap. What was read in part is read again.
func (r *reader) cursor(out directory.Snapshot, old string, took time.Duration) string {
	switch {
	case r.settings.Attributes.Changed == none || r.settings.MatchingRule:
		return ""
	case !whole(out) && out.Partial || r.latest.IsZero() && out.Partial:
		return old
	case !whole(out) || r.latest.IsZero():
		return ""
	}
	at := r.latest.Add(-overlap - max(took, 0))
	if before, ok := r.settings.since(old); ok && out.Partial {
		if t, _ := parseStamp(before); t.After(at) {
			at = t
		}
	}
	return r.settings.fingerprint() + "@" + r.settings.stamp(at)
}

// whole reports whether nothing of a snapshot is unknown.
func whole(out directory.Snapshot) bool {
	for _, g := range out.Groups {
		if g.Unknown != "" {
			return false
		}
	}
	return out.UsersComplete && out.GroupsComplete
}
