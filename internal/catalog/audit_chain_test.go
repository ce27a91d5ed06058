package catalog_test

import (
	"bytes"
	"reflect"
	"testing"
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
)

func chained() catalog.AuditEvent {
	return catalog.AuditEvent{
		Sequence: 7, ID: "ae-1", Time: time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC), Actor: authz.Object{Type: "user", ID: "user-1"},
		ActorName: "ann", TokenID: "at-1", Address: "192.0.2.1", RequestID: "r", OrganizationID: "org-1", Action: "team.create",
		Object: authz.Object{Type: "team", ID: "team-1"}, Related: []authz.Object{{Type: "user", ID: "user-2"}},
		Before: "{}", After: `{"a":1}`, Outcome: catalog.OutcomeDone, Reason: "none", Hash: []byte{1}, ZedToken: "z",
	}
}

// TestChainIsOverEveryField changes one field after another. A field that is added to events and not to the chain could
// be changed unseen.
func TestChainIsOverEveryField(t *testing.T) {
	t.Parallel()
	prev := []byte("before")
	whole := catalog.Chain(prev, chained())
	fields := reflect.TypeFor[catalog.AuditEvent]()
	for i := range fields.NumField() {
		e := chained()
		field := reflect.ValueOf(&e).Elem().Field(i)
		switch v := field.Addr().Interface().(type) {
		case *string:
			*v += "x"
		case *int64:
			*v++
		case *[]byte:
			*v = append(*v, 1)
		case *time.Time:
			*v = v.Add(time.Microsecond)
		case *authz.Object:
			v.ID += "x"
		case *[]authz.Object:
			*v = append(*v, authz.Object{Type: "user", ID: "user-3"})
		default:
			t.Fatalf("field %s is a %T, which this test does not know", fields.Field(i).Name, v)
		}
		name := fields.Field(i).Name
		outside := name == "Sequence" || name == "Hash" || name == "ZedToken"
		if same := bytes.Equal(whole, catalog.Chain(prev, e)); same != outside {
			t.Errorf("another %s leaves the hash as it was: %t, want %t", name, same, outside)
		}
	}
	if bytes.Equal(whole, catalog.Chain([]byte("other"), chained())) || bytes.Equal(whole, catalog.Chain(nil, chained())) {
		t.Error("the hash does not depend on the one before it")
	}
}

// TestChainTellsApart moves what one field holds into its neighbour.
func TestChainTellsApart(t *testing.T) {
	t.Parallel()
	user := func(id string) authz.Object { return authz.Object{Type: "user", ID: id} }
	for name, pair := range map[string][2]catalog.AuditEvent{
		"name and token":            {{ActorName: "ab", TokenID: "c"}, {ActorName: "a", TokenID: "bc"}},
		"type and id":               {{Object: authz.Object{Type: "ab", ID: "c"}}, {Object: authz.Object{Type: "a", ID: "bc"}}},
		"one related and two":       {{Related: []authz.Object{user("a"), user("b")}}, {Related: []authz.Object{user("auserb")}}},
		"related and what is after": {{Related: []authz.Object{user("a")}, Before: "b"}, {Related: []authz.Object{user("a"), user("b")}}},
		"before and after":          {{Before: "{}"}, {After: "{}"}},
		"actor and object":          {{Actor: user("a")}, {Object: user("a")}},
	} {
		if bytes.Equal(catalog.Chain(nil, pair[0]), catalog.Chain(nil, pair[1])) {
			t.Errorf("%s: two events with one hash", name)
		}
	}
}

// TestChainSurvivesTheStore holds for what a store keeps no finer or in another form.
func TestChainSurvivesTheStore(t *testing.T) {
	t.Parallel()
	e := chained()
	other := e
	other.Time = e.Time.In(time.FixedZone("two hours east", 7200))
	bare, empty := catalog.AuditEvent{}, catalog.AuditEvent{Related: []authz.Object{}}
	for name, pair := range map[string][2]catalog.AuditEvent{"another time zone": {e, other}, "none and no related objects": {bare, empty}} {
		if !bytes.Equal(catalog.Chain(nil, pair[0]), catalog.Chain(nil, pair[1])) {
			t.Errorf("%s: two hashes of one event", name)
		}
	}
}
