package resource_test

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/terrawarden/terrawarden/internal/httpapi/scim/resource"
)

// random makes filters, resources and PATCH requests by chance. All text is in lower case, so that others who mind the
// case of what is not case exact agree. What it used that others are known to see differently is in used.
type random struct {
	*rand.Rand
	used map[string]bool
}

func newRandom(seed uint64) *random {
	return &random{Rand: rand.New(rand.NewPCG(seed, 1)), used: map[string]bool{}}
}

// use notes a feature, and reports true.
func (r *random) use(feature string) bool { r.used[feature] = true; return true }

func (r *random) one(of ...string) string { return of[r.IntN(len(of))] }

// chance is true n times in a hundred.
func (r *random) chance(n int) bool { return r.IntN(100) < n }

// word is a value that resources have and filters ask for.
func (r *random) word() string { return r.one("a", "b", "ab", "ba", "abc", "x@y.z", "c d") }

func (r *random) kind() string { return r.one("work", "home", "other") }

func (r *random) time() string { return fmt.Sprintf("2026-0%d-01T00:00:00Z", 1+r.IntN(4)) }

// filter returns a filter for users.
func (r *random) filter(depth int) string {
	if depth > 0 && r.chance(55) {
		terms := make([]string, 2+r.IntN(2))
		op := r.one("and", "or", "AND", "or")
		for i := range terms {
			terms[i] = r.filter(depth - 1)
			if r.chance(40) {
				terms[i] = "(" + terms[i] + ")"
				r.use("group")
			}
		}
		return strings.Join(terms, " "+op+" ")
	}
	switch n := r.IntN(100); {
	case n < 10 && depth > 0:
		r.use("not")
		return r.one("not ", "NOT ") + "(" + r.filter(depth-1) + ")"
	case n < 25:
		return r.element()
	}
	return r.comparison("")
}

// element returns a filter of one value of a multi-valued attribute.
func (r *random) element() string {
	r.use("brackets")
	list := r.one("emails", "emails", "addresses", "phoneNumbers")
	inner := r.comparison(list)
	for r.chance(50) {
		inner += r.one(" and ", " or ") + r.comparison(list)
		r.use("logic in brackets")
	}
	if r.chance(15) {
		r.use("not")
		r.use("not in brackets")
		inner = "not (" + inner + ")"
	}
	text := list + "[" + inner + "]"
	if list == "emails" && r.chance(10) {
		r.use("after brackets")
		text += ".value " + r.one("eq", "co") + fmt.Sprintf(" %q", r.word())
	}
	return text
}

// comparison returns a comparison of an attribute, or of a part of a list's values.
func (r *random) comparison(list string) string {
	attribute := r.attribute(list)
	op := r.one("eq", "eq", "eq", "co", "sw", "ew", "gt", "ge", "lt", "le", "pr")
	value := fmt.Sprintf("%q", r.word())
	switch {
	case strings.HasSuffix(attribute, "active"), strings.HasSuffix(attribute, "primary"):
		op, value = r.one("eq", "eq", "pr"), r.one("true", "false")
	case strings.HasSuffix(attribute, "created"):
		op, value = r.one("eq", "gt", "ge", "lt", "le", "pr"), fmt.Sprintf("%q", r.time())
	case strings.HasSuffix(attribute, "type"):
		value = fmt.Sprintf("%q", r.kind())
	}
	if op == "eq" && r.chance(10) && r.use("ne") {
		op = "ne"
	}
	if op == "eq" && r.chance(3) && r.use("null") {
		value = "null"
	}
	if r.chance(10) {
		op = strings.ToUpper(op)
	}
	if strings.EqualFold(op, "pr") {
		return attribute + " " + op
	}
	return attribute + " " + op + " " + value
}

func (r *random) attribute(list string) string {
	switch list {
	case "emails", "phoneNumbers":
		return r.one("value", "type", "type", "primary", "Value")
	case "addresses":
		return r.one("locality", "type", "primary")
	}
	if r.chance(4) && r.use("core urn") {
		return resource.UserSchema + ":" + r.one("userName", "name.givenName")
	}
	if r.chance(4) && r.use("default value") {
		return r.one("emails", "phoneNumbers")
	}
	if r.chance(8) && r.use("extension") {
		return resource.EnterpriseSchema + ":" + r.one("department", "manager.value")
	}
	return r.one("userName", "username", "title", "userType", "displayName", "name.givenName", "Name.familyName", "active", "emails.value", "emails.type",
		"emails.primary", "addresses.locality", "phoneNumbers.value", "meta.created")
}

// user returns a user with some attributes, as JSON.
func (r *random) user() resource.Resource {
	u := resource.Resource{"schemas": []any{resource.UserSchema}, "id": "u1", "userName": r.word(), "meta": map[string]any{"resourceType": "User", "created": r.time()}}
	for _, name := range []string{"title", "userType", "displayName"} {
		if r.chance(60) {
			u[name] = r.word()
		}
	}
	if r.chance(70) {
		u["active"] = r.chance(50)
	}
	if r.chance(60) {
		u["name"] = map[string]any{"givenName": r.word(), "familyName": r.word()}
	}
	if r.chance(30) {
		u["schemas"] = []any{resource.UserSchema, resource.EnterpriseSchema}
		u[resource.EnterpriseSchema] = map[string]any{"department": r.word(), "manager": map[string]any{"value": r.word()}}
	}
	r.lists(u)
	return u
}

// lists gives a user values of the multi-valued attributes, each of another type.
func (r *random) lists(u resource.Resource) {
	for _, name := range []string{"emails", "phoneNumbers", "addresses"} {
		var list []any
		for _, kind := range []string{"work", "home", "other"} {
			if !r.chance(40) {
				continue
			}
			part := "value"
			if name == "addresses" {
				part = "locality"
			}
			m := map[string]any{"type": kind, part: r.word()}
			if len(list) == 0 && r.chance(50) {
				m["primary"] = true
			}
			list = append(list, m)
		}
		if len(list) > 0 {
			u[name] = list
		}
	}
}

// group returns a group with some members of ten.
func (r *random) group() resource.Resource {
	g := resource.Resource{"schemas": []any{resource.GroupSchema}, "id": "g1", "displayName": r.word(), "meta": map[string]any{"resourceType": "Group"}}
	var members []any
	for i := range 10 {
		if r.chance(40) {
			members = append(members, map[string]any{"value": fmt.Sprintf("m%d", i)})
		}
	}
	if len(members) > 0 {
		g["members"] = members
	}
	return g
}
