package terrakube

import (
	"context"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
)

// noun describes one type of object: its names, what clients may send and see of it, and the use cases behind it.
//
// The functions return faults of the catalog as they are, and the engine makes Elide's answers of them: fault.Denied
// becomes 403 "CreatePermission Denied" (or Update, Delete; for a read 403 where the object is at the root of the path,
// else 404), fault.NotFound becomes 404 "Unknown identifier <id> for <type>", fault.Invalid 400 with the field,
// fault.Conflict 409. A function that is nil refuses like fault.Denied.
type noun struct {
	typ  string // JSON:API type, exact: "project_access"
	path string // collection in URLs inside of a parent: "projectAccess"; "" is typ
	// parents are the types whose objects have a collection of this noun; "" is the root, /api/v1/<typ>.
	parents    []string
	attributes []attribute
	relations  []relationKind
	// audited adds createdBy, createdDate, updatedBy and updatedDate, which nobody may send.
	audited bool

	reads, writes endpoint.Needs

	// list returns what the principal may read of a collection, in any order. At the root, where at is empty, that is
	// everything of the type. want may be used to look for less, and ignored: the engine filters, sorts and cuts.
	list func(ctx context.Context, p catalog.Principal, at place, want sought) ([]resource, error)
	// get returns one object: fault.NotFound unless it is in the place, fault.Denied where the principal may not read it.
	get func(ctx context.Context, p catalog.Principal, at place, id string) (resource, error)
	// create adds an object to a place and returns it as get would.
	create func(ctx context.Context, p catalog.Principal, at place, in input) (resource, authz.Token, error)
	// update changes what was sent and leaves everything else. get has succeeded in the same place before.
	update func(ctx context.Context, p catalog.Principal, at place, id string, in input) (authz.Token, error)
	// remove deletes an object. get has succeeded in the same place before.
	remove func(ctx context.Context, p catalog.Principal, at place, id string) (authz.Token, error)
}

// place says where in the path an object is: the ids of its parents by type, place{"organization": "org-…", "workspace":
// "ws-…"}. Parents that the path does not name are there as well where a named one relates to them: of an object below
// the root collection of workspaces the organization is known too. Every parent has been read by the principal.
type place map[string]string

// sought says what the client filters a list by, as far as it may be worth to look for less.
type sought struct {
	name string // the one value that the attribute name must have; "" for any
}

// attribute is one attribute of a noun. Every one is shown in every document, as null where a resource has none.
type attribute struct {
	name string
	kind kind
	// fixed attributes are shown; what clients send for them is ignored, as they send back what they have read.
	fixed bool
	// secret attributes are taken and go nowhere: no function of the noun sees them, and no document shows them.
	secret bool
	// among are the only values that a text may have; none for any.
	among []string
	// otherwise is shown where a resource has no value, in place of null.
	otherwise any
}

// kind is the type of an attribute's values; every one may be null.
type kind int

// The kinds of attributes, with what values of them are in an input and in a resource.
const (
	text   kind = iota // string
	flag               // bool
	number             // int64
	stamp              // string, a time; sorted and compared as a time
)

// relationKind is one relation of a noun to others of a type.
type relationKind struct {
	name string // "projectAccess"
	typ  string // of what it relates to; may be a type that no noun has
	many bool
	// fixed relations are shown; what clients send for them is ignored.
	fixed bool
	// inside relations are to objects whose parent this is; the engine adds them. They change through their collection.
	inside bool
}

// resource is what clients see of one object.
type resource struct {
	id         string
	attributes map[string]any      // by name; undeclared ones are not shown
	relations  map[string][]string // ids by name of the relation; a relation to many that is not here is read when asked for
	// organization is the one it is in, for nouns whose path and relations may not say; "" where they do.
	organization string
}

// input is what a client sent, checked against the noun's attributes and relations.
type input struct {
	attributes map[string]any      // what was sent, by name: a value of the attribute's kind, or nil for null
	relations  map[string][]string // what was sent, by name; none for null
}

// text returns a text attribute, and whether it was sent. Null is "".
func (in input) text(name string) (string, bool) {
	v, sent := in.attributes[name]
	s, _ := v.(string)
	return s, sent
}

// flag returns a boolean attribute, and whether it was sent. Null is false.
func (in input) flag(name string) (value, sent bool) {
	v, sent := in.attributes[name]
	value, _ = v.(bool)
	return value, sent
}

// one returns what a relation to one was set to, and whether it was sent. Null is "".
func (in input) one(name string) (string, bool) {
	ids, sent := in.relations[name]
	if len(ids) == 0 {
		return "", sent
	}
	return ids[0], sent
}
