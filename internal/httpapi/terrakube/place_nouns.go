package terrakube

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/terrawarden/terrawarden/internal/catalog"
)

// placeService is what the nouns of organizations, teams, projects, workspaces and access need of the catalog.
type placeService interface {
	organizationService
	teamService
	workspaceService
	projectService
	accessService
}

// placeNouns returns the nouns of organizations, teams, projects, workspaces and access.
func (h *Handler) placeNouns() []noun {
	return []noun{h.organizationNoun(), h.teamNoun(), h.workspaceNoun(), h.accessNoun(), h.projectNoun(), h.projectAccessNoun()}
}

// Types that the nouns of places relate to.
const (
	typeTeam          = "team"
	typeProject       = "project"
	typeAccess        = "access"
	typeProjectAccess = "project_access"
)

// keptUnder is this API's name in the attributes of a place, where other protocols keep theirs beside it.
const keptUnder = "terrakube"

// whose are the names under which a place's makers are kept.
const (
	createdBy = "createdBy"
	updatedBy = "updatedBy"
)

// keptWithPlace returns what is kept with a place for the clients of this API, by name.
func keptWithPlace(a catalog.Attributes) map[string]any {
	mine, ok := kept(a)[keptUnder].(map[string]any)
	if !ok {
		return map[string]any{}
	}
	return mine
}

// overPlace is over for places: what has a column of its own is named in except, and relations in related are kept too.
func (in input) overPlace(a catalog.Attributes, related, except []string) (catalog.Attributes, error) {
	mine := keptWithPlace(a)
	for name, value := range in.attributes {
		switch {
		case slices.Contains(except, name):
		case value == nil:
			delete(mine, name)
		default:
			mine[name] = value
		}
	}
	for _, name := range related {
		id, sent := in.one(name)
		switch {
		case !sent:
		case id == "":
			delete(mine, name)
		default:
			mine[name] = id
		}
	}
	return keepWithPlace(a, mine)
}

// keepWithPlace returns attributes of a place with this API's part replaced.
func keepWithPlace(a catalog.Attributes, mine map[string]any) (catalog.Attributes, error) {
	all := map[string]json.RawMessage{}
	if a != "" {
		if err := json.Unmarshal([]byte(a), &all); err != nil {
			return "", err
		}
	}
	delete(all, keptUnder)
	if len(mine) > 0 {
		raw, err := json.Marshal(mine)
		if err != nil {
			return "", err
		}
		all[keptUnder] = raw
	}
	if len(all) == 0 {
		return "", nil
	}
	whole, err := json.Marshal(all)
	return catalog.Attributes(whole), err
}

// instant returns a time as documents show it, nil for none.
func instant(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format(time.RFC3339)
}

// optional returns a text as documents show it, nil for none.
func optional(s string) any {
	if s == "" {
		return nil
	}
	return s
}
