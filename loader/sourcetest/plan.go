package sourcetest

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/loader/directory"
)

const sourceName = "town"

// settings are how the source of these tests is kept in step.
func settings() directory.Settings {
	return directory.Settings{
		Name: sourceName, Kind: "test", Nesting: directory.NestingKept, MaxDepth: 8, Keep: 30 * 24 * time.Hour,
	}
}

// now is when plans are made.
func now() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// inStep returns what the catalog holds when it is in step with a model.
func inStep(m Model) directory.State {
	s := directory.State{Trust: catalog.TrustNone, Users: map[string]catalog.User{}}
	for _, u := range m.People {
		user := catalog.User{ID: "user-" + u.ID, Username: u.Username, Email: u.Email, Suspended: u.Disabled}
		p := catalog.Person{Source: sourceName, ExternalID: u.ID, UserID: user.ID, Username: u.Username, Email: u.Email, Suspends: u.Disabled}
		if u.Disabled {
			p.InactiveAt = now().Add(-time.Hour)
		}
		s.Users[user.ID] = user
		s.People = append(s.People, p)
	}
	for _, g := range m.Groups {
		state := directory.GroupState{Group: catalog.Group{ID: "grp-" + g.ID, Source: sourceName, ExternalID: g.ID, DisplayName: g.Name}}
		for _, id := range g.Members {
			state.Members = append(state.Members, "user-"+id)
		}
		for _, id := range g.Groups {
			state.Children = append(state.Children, "grp-"+id)
		}
		s.Groups = append(s.Groups, state)
	}
	return s
}

// planOf returns the plan of a snapshot, where the catalog is in step with the truth.
func planOf(truth Model, s directory.Snapshot) (directory.Plan, error) {
	normal, _, _, err := directory.Normalize(settings(), s)
	if err != nil {
		return directory.Plan{}, err
	}
	return directory.Diff(settings(), normal, inStep(truth), now()), nil
}

// planned returns what the plan of a snapshot would do: nothing, whatever the fault.
func planned(truth Model, s directory.Snapshot) []string {
	p, err := planOf(truth, s)
	switch {
	case err != nil:
		return []string{"the snapshot contradicts itself: " + err.Error()}
	case !p.Empty() || p.Toll() != directory.Toll{}:
		return []string{fmt.Sprintf("the plan takes %+v: %s", p.Toll(), text(p))}
	}
	return nil
}

// tollOf returns what the plan of a snapshot takes away.
func tollOf(truth Model, s directory.Snapshot) (directory.Toll, error) {
	p, err := planOf(truth, s)
	return p.Toll(), err
}

func text(p directory.Plan) string {
	out, err := json.Marshal(p)
	if err != nil {
		return err.Error()
	}
	return string(out)
}
