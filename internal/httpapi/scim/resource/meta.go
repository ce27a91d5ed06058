package resource

import (
	"maps"
	"strconv"
	"strings"
	"time"
)

// Meta is what the server knows of a resource.
type Meta struct {
	ID, Location      string
	Created, Modified time.Time
	Version           int
}

// Complete returns a copy of a resource with its id, schemas and meta (RFC 7643 section 3.1).
func Complete(kind Kind, r Resource, m Meta) Resource {
	out := maps.Clone(r)
	if out == nil {
		out = Resource{}
	}
	out["id"] = m.ID
	out["schemas"] = layoutOf(kind).listed(out)
	out["meta"] = map[string]any{
		"resourceType": string(kind),
		"created":      instant(m.Created),
		"lastModified": instant(m.Modified),
		"location":     m.Location,
		"version":      ETag(m.Version),
	}
	return out
}

// instant writes a time in milliseconds, which every client reads.
func instant(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000Z") }

// ETag returns the weak entity tag of a version (RFC 7644 section 3.14).
func ETag(version int) string { return `W/"` + strconv.Itoa(version) + `"` }

// MatchETag reports whether an If-Match or If-None-Match header names a version. Strong and weak tags are the same here, and
// quotation marks may be missing. An empty header names none.
func MatchETag(header string, version int) bool {
	want := strconv.Itoa(version)
	for tag := range strings.SplitSeq(header, ",") {
		tag = strings.TrimSpace(tag)
		if tag == "*" {
			return true
		}
		tag = strings.TrimPrefix(strings.TrimPrefix(tag, "W/"), "w/")
		if strings.Trim(tag, `"`) == want {
			return true
		}
	}
	return false
}
