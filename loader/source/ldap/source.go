package ldap

import (
	"context"
	"fmt"
	"time"

	goldap "github.com/go-ldap/ldap/v3"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/loader/directory"
)

// Source is a directory that speaks LDAP.
type Source struct{ settings Settings }

var _ directory.Source = (*Source)(nil)

// New returns the source. It connects to nothing yet. The error names every fault of the settings.
func New(settings Settings) (*Source, error) {
	if err := settings.Validate(); err != nil {
		return nil, err
	}
	return &Source{settings: settings.complete()}, nil
}

// reader reads once, on one connection.
type reader struct {
	settings Settings
	conn     *goldap.Conn
	people   names
	groups   names
	latest   time.Time // the last change seen, by the directory's clock
	warnings warnings
	settle   func() error // lets the directory settle
}

// wait lets time pass.
func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// Read returns the people and groups of the directory, or what has changed since a cursor. Its errors are Unavailable
// where the directory does not answer or is busy, Unauthenticated and Denied where it refuses us, NotFound where a base
// does not exist.
func (s *Source) Read(ctx context.Context, request directory.Request) (directory.Snapshot, error) {
	started := s.settings.Now()
	conn, err := s.settings.connect(ctx)
	if err != nil {
		return directory.Snapshot{}, over(ctx, err)
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer func() {
		stop()
		_ = conn.Close()
	}()
	r := &reader{settings: s.settings, conn: conn, people: names{}, groups: names{}}
	r.settle = func() error { return wait(ctx, s.settings.Settle) }
	since, partial := s.settings.since(request.Cursor)
	read := r.whole
	if partial {
		read = func() (directory.Snapshot, error) { return r.changes(since) }
	}
	out, err := read()
	if err == nil {
		err = ctx.Err() // what was read on a connection that is going is not taken
	}
	if err != nil {
		return directory.Snapshot{}, over(ctx, err)
	}
	out.Cursor = r.cursor(out, request.Cursor, s.settings.Now().Sub(started))
	if out.Partial {
		out.UsersComplete, out.GroupsComplete = false, false
	}
	out.Warnings = r.warnings.texts()
	return out, nil
}

// over returns an error, that of the context where it has ended.
func over(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fault.Wrap(fault.Unavailable, ctx.Err(), "the directory was not read to its end")
	}
	return err
}

// whole reads everything.
func (r *reader) whole() (directory.Snapshot, error) {
	if r.settings.MatchingRule {
		if err := r.supportsChain(); err != nil {
			return directory.Snapshot{}, err
		}
	}
	users, cutUsers, err := r.users("")
	if err != nil {
		return directory.Snapshot{}, err
	}
	groups, cutGroups, err := r.listGroups("")
	if err != nil {
		return directory.Snapshot{}, err
	}
	f := &finder{people: r.people, groups: r.groups}
	if cutUsers != "" || cutGroups != "" {
		f.missing = "a member cannot be found, and not everything was read"
	} else if err := r.seek(groups, f); err != nil {
		return directory.Snapshot{}, err
	} else if f.doubt != "" {
		cutUsers, cutGroups = f.doubt, f.doubt
	}
	r.warnings.cut("people", cutUsers)
	r.warnings.cut("groups", cutGroups)
	out := directory.Snapshot{Users: users, UsersComplete: cutUsers == "", GroupsComplete: cutGroups == ""}
	out.Groups, err = r.finish(groups, f)
	return out, err
}

// seek looks a second time for members that no list has: they may have moved while we read, or a list may be short.
func (r *reader) seek(groups []listed, f *finder) (err error) {
	strangers := r.strangers(groups, f)
	if len(strangers) == 0 {
		return nil
	}
	if f.latePeople, f.lateGroups, f.missing, err = r.index(r.settings.margin(r.latest)); err != nil || f.missing != "" {
		return err
	}
	strangers = r.strangers(groups, f)
	if f.doubt, err = r.doubt(strangers, f); err != nil || len(strangers) == 0 {
		return err
	}
	f.missing = f.doubt
	return r.compare(groups)
}

// changes reads what has changed since a time. A group that has changed comes with all its members.
func (r *reader) changes(since string) (directory.Snapshot, error) {
	users, cutUsers, err := r.users(since)
	if err != nil {
		return directory.Snapshot{}, err
	}
	groups, cutGroups, err := r.listGroups(since)
	if err != nil {
		return directory.Snapshot{}, err
	}
	r.warnings.cut("people", cutUsers)
	r.warnings.cut("groups", cutGroups)
	out := directory.Snapshot{Partial: true, Users: users, Groups: []directory.Group{}}
	// Here they say whether the cursor may go on: what was cut must be read again.
	out.UsersComplete, out.GroupsComplete = cutUsers == "", cutGroups == ""
	if len(groups) == 0 {
		return out, nil
	}
	f := &finder{}
	if f.people, f.groups, f.missing, err = r.index(""); err != nil {
		return directory.Snapshot{}, err
	}
	if f.missing == "" && (lacks(r.people, f.people) || lacks(r.groups, f.groups)) {
		f.missing = changedMeans
	}
	if strangers := r.strangers(groups, f); f.missing == "" && len(strangers) > 0 {
		if f.missing, err = r.doubt(strangers, f); err != nil {
			return directory.Snapshot{}, err
		}
		if err := r.compare(groups); err != nil {
			return directory.Snapshot{}, err
		}
	}
	out.Groups, err = r.finish(groups, f)
	return out, err
}

// maxWarnings bounds how many warnings are told one by one.
const maxWarnings = 50

// warnings are what somebody should know who reads the plan.
type warnings struct {
	list []string
	more int
}

func (w *warnings) add(format string, args ...any) {
	if len(w.list) >= maxWarnings {
		w.more++
		return
	}
	w.list = append(w.list, fmt.Sprintf(format, args...))
}

// cut warns of a list that is not complete.
func (w *warnings) cut(what, why string) {
	if why != "" {
		w.add("not all %s were read: %s", what, why)
	}
}

func (w *warnings) texts() []string {
	if w.more > 0 {
		return append(w.list, fmt.Sprintf("and %d more warnings", w.more))
	}
	return w.list
}
