package enginetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/loader/directory"
)

// truth is a directory as it is, from which snapshots are made, wholly or in part.
type truth struct {
	users  map[string]directory.User
	groups map[string]directory.Group
}

var (
	modelUsers  = []string{"a", "b", "c", "d", "e"}
	modelGroups = []string{"g", "h", "i"}
)

// change does one thing to the directory.
func (d *truth) change(t *rapid.T) {
	id := rapid.SampledFrom(modelUsers).Draw(t, "user")
	key := rapid.SampledFrom(modelGroups).Draw(t, "group")
	u, there := d.users[id]
	g, stands := d.groups[key]
	switch rapid.SampledFrom([]string{"join", "leave", "join", "arrive", "go", "disable", "rename", "mute", "exchange", "found", "dissolve", "retitle", "nest", "unnest"}).Draw(t, "what") {
	case "join":
		if stands && there && !slices.Contains(g.Members, id) {
			g.Members = append(slices.Clone(g.Members), id)
		}
	case "leave":
		g.Members = slices.DeleteFunc(slices.Clone(g.Members), func(m string) bool { return m == id })
	case "arrive":
		if !there {
			d.users[id] = person(id)
		}
	case "go":
		delete(d.users, id)
		for k, o := range d.groups {
			o.Members = slices.DeleteFunc(slices.Clone(o.Members), func(m string) bool { return m == id })
			d.groups[k] = o
		}
		return
	case "disable":
		if there {
			u.Disabled = !u.Disabled
			d.users[id] = u
		}
	case "rename":
		if there {
			u.Username = fmt.Sprintf("%s%d", id, rapid.IntRange(0, 3).Draw(t, "n"))
			d.users[id] = u
		}
	case "mute":
		if there {
			u.Email = ""
			d.users[id] = u
		}
	case "exchange":
		other := rapid.SampledFrom(modelUsers).Draw(t, "other")
		if o, ok := d.users[other]; ok && there && other != id {
			u.Username, o.Username, u.Email, o.Email = o.Username, u.Username, o.Email, u.Email
			d.users[id], d.users[other] = u, o
		}
	case "found":
		if !stands {
			d.groups[key] = group(key)
		}
		return
	case "dissolve":
		delete(d.groups, key)
		for k, o := range d.groups {
			o.Groups = slices.DeleteFunc(slices.Clone(o.Groups), func(m string) bool { return m == key })
			d.groups[k] = o
		}
		return
	case "retitle":
		g.Name = fmt.Sprintf("%s %d", key, rapid.IntRange(0, 3).Draw(t, "n"))
	case "nest":
		inner := rapid.SampledFrom(modelGroups).Draw(t, "inner")
		if _, ok := d.groups[inner]; ok && inner > key && !slices.Contains(g.Groups, inner) { // never in a circle
			g.Groups = append(slices.Clone(g.Groups), inner)
		}
	case "unnest":
		g.Groups = nil
	}
	if stands {
		d.groups[key] = g
	}
}

// snapshot is the whole directory.
func (d *truth) snapshot() directory.Snapshot {
	s := directory.Snapshot{UsersComplete: true, GroupsComplete: true}
	for _, u := range d.users {
		s.Users = append(s.Users, u)
	}
	for _, g := range d.groups {
		s.Groups = append(s.Groups, g)
	}
	return s
}

func (d *truth) clone() *truth {
	out := &truth{users: map[string]directory.User{}, groups: map[string]directory.Group{}}
	for k, u := range d.users {
		out.users[k] = u
	}
	for k, g := range d.groups {
		g.Members, g.Groups = slices.Clone(g.Members), slices.Clone(g.Groups)
		out.groups[k] = g
	}
	return out
}

// since is a snapshot of what has changed after another one.
func (d *truth) since(old *truth) directory.Snapshot {
	s := directory.Snapshot{Partial: true}
	for id, u := range d.users {
		if old.users[id] != u {
			s.Users = append(s.Users, u)
		}
	}
	for id := range old.users {
		if _, ok := d.users[id]; !ok {
			s.Users = append(s.Users, directory.User{ID: id, Deleted: true})
		}
	}
	for id, g := range d.groups {
		was, ok := old.groups[id]
		if !ok || g.Name != was.Name || !slices.Equal(g.Members, was.Members) || !slices.Equal(g.Groups, was.Groups) {
			s.Groups = append(s.Groups, g)
		}
	}
	for id := range old.groups {
		if _, ok := d.groups[id]; !ok {
			s.Groups = append(s.Groups, directory.Group{ID: id, Deleted: true})
		}
	}
	return s
}

// access is who acts as a member of what by the catalog: those who are in a group and are not suspended.
func (w *world) access() map[string]bool {
	w.tb.Helper()
	members, err := w.store.GroupMembers(w.tb.Context(), catalog.GroupMemberFilter{Source: corp})
	if err != nil {
		w.tb.Fatal(err)
	}
	users, err := w.store.Users(w.tb.Context(), catalog.UserFilter{})
	if err != nil {
		w.tb.Fatal(err)
	}
	active := map[string]bool{}
	for _, u := range users {
		active[u.ID] = !u.Suspended
	}
	people, err := w.store.Persons(w.tb.Context(), catalog.PersonFilter{Source: corp})
	if err != nil {
		w.tb.Fatal(err)
	}
	external := map[string]string{}
	for _, p := range people {
		external[p.UserID] = p.ExternalID
	}
	groups, err := w.store.GroupsOf(w.tb.Context(), corp)
	if err != nil {
		w.tb.Fatal(err)
	}
	keys := map[string]string{}
	for _, g := range groups {
		keys[g.ID] = g.ExternalID
	}
	out := map[string]bool{}
	for _, m := range members {
		if active[m.UserID] {
			out[external[m.UserID]+" in "+keys[m.GroupID]] = true
		}
	}
	return out
}

// says is who acts as a member of what by the directory.
func (d *truth) says() map[string]bool {
	out := map[string]bool{}
	for key, g := range d.groups {
		for _, id := range g.Members {
			if u, ok := d.users[id]; ok && !u.Disabled {
				out[id+" in "+key] = true
			}
		}
	}
	return out
}

// runApproved runs the source, and approves what is held because the directory says that it is empty: here it is right.
func (w *world) runApproved(o directory.Options) (directory.Report, error) {
	w.tb.Helper()
	e := w.engineOf()
	kept, report, err := e.Run(w.tb.Context(), w.sync, corp, o)
	if err != nil || report.Outcome != directory.OutcomeHeld {
		return report, err
	}
	for _, trip := range report.Trips {
		if trip.Guard != directory.GuardEmpty {
			w.tb.Fatalf("held by %+v", trip)
		}
	}
	return e.Approve(w.tb.Context(), w.admin, kept.ID, kept.Digest, "it is empty")
}

// TestModel plays random histories of a directory: whole reads and reads of changes alone, reads that fail or end half-way,
// and runs that die at any step. Whatever could not be read takes nothing from anybody; after a run that was read the
// catalog gives just what the directory says; and the authorization engine always holds what the catalog says.
func TestModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorldIn(rt, t.TempDir(), nil)
		w.feed.Keep = 48 * time.Hour
		d := &truth{users: map[string]directory.User{}, groups: map[string]directory.Group{}}
		for _, id := range modelUsers {
			d.users[id] = person(id)
		}
		for _, key := range modelGroups[:2] {
			d.groups[key] = group(key, modelUsers[:3]...)
		}
		read := map[string]*truth{} // what the source said up to a cursor
		cursors := 0
		mode := "whole"
		w.source.read = func(r directory.Request) (directory.Snapshot, error) {
			switch mode {
			case "error":
				return directory.Snapshot{}, fault.Wrap(fault.Unavailable, errors.New("cut"), "the directory does not answer")
			case "half":
				s := d.snapshot()
				return directory.Snapshot{Users: s.Users[:len(s.Users)/2], Groups: nil}, nil
			case "unknown":
				s := d.snapshot()
				for i := range s.Groups {
					s.Groups[i].Members, s.Groups[i].Unknown = nil, "a page is missing"
				}
				s.UsersComplete = false
				return s, nil
			}
			cursors++
			cursor := fmt.Sprint(cursors)
			read[cursor] = d.clone()
			s := d.snapshot()
			if old := read[r.Cursor]; old != nil && mode == "changes" {
				s = d.since(old)
			}
			s.Cursor = cursor
			return s, nil
		}
		if _, err := w.runApproved(directory.Options{}); err != nil {
			rt.Fatal(err)
		}
		for range rapid.IntRange(1, 8).Draw(rt, "rounds") {
			for range rapid.IntRange(0, 4).Draw(rt, "changes") {
				d.change(rt)
			}
			if rapid.IntRange(0, 5).Draw(rt, "days pass") == 0 {
				w.wait(49 * time.Hour)
			}
			before := w.access()
			mode = rapid.SampledFrom([]string{"whole", "changes", "changes", "error", "half", "unknown"}).Draw(rt, "read")
			full := mode == "whole"
			if rapid.IntRange(0, 2).Draw(rt, "dies") == 0 {
				n := rapid.IntRange(0, 25).Draw(rt, "step")
				w.until(n, func() { _, _, _ = w.engineOf().Run(rt.Context(), w.sync, corp, directory.Options{Full: full}) })
				if _, err := w.svc.Replay(rt.Context()); err != nil {
					rt.Fatal(err)
				}
				w.noDrift()
			}
			report, err := w.runApproved(directory.Options{Full: full})
			if (err != nil) != (mode == "error") {
				rt.Fatalf("%s: %v", mode, err)
			}
			w.noDrift()
			after := w.access()
			said := d.says()
			switch mode {
			case "whole", "changes":
				if len(report.Skipped) > 0 {
					rt.Fatalf("left out: %+v", report.Skipped)
				}
				if mode == "changes" && len(report.Unknown) > 0 {
					continue // the next whole read settles it
				}
				for at := range after {
					if !said[at] {
						rt.Fatalf("%s: %s, and the directory does not say so", mode, at)
					}
				}
				for at := range said {
					if !after[at] {
						rt.Fatalf("%s: not %s, and the directory says so; report %+v", mode, at, report)
					}
				}
			default:
				for at := range before {
					if !after[at] && (said[at] || mode == "error") {
						rt.Fatalf("%s: no more %s", mode, at)
					}
				}
			}
		}
		mode = "whole"
		if _, err := w.runApproved(directory.Options{Full: true}); err != nil {
			rt.Fatal(err)
		}
		w.settled(w.engineOf())
	})
}
