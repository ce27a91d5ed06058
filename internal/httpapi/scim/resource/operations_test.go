package resource_test

import (
	"fmt"
	"strings"
)

// operations returns some operations for users or groups, most often one.
func (r *random) operations(group bool) []string {
	list := make([]string, 1+max(0, r.IntN(6)-3))
	for i := range list {
		if group {
			list[i] = r.groupOperation()
		} else {
			list[i] = r.userOperation()
		}
	}
	return list
}

func operationText(op, path, value string) string {
	text := fmt.Sprintf(`{"op":%q`, op)
	if path != "" {
		text += fmt.Sprintf(`,"path":%q`, path)
	}
	if value != "" {
		text += `,"value":` + value
	}
	return text + "}"
}

func (r *random) quoted() string { return fmt.Sprintf("%q", r.word()) }

func (r *random) op() string { return r.one("add", "replace", "remove") }

func (r *random) userOperation() string {
	op := r.op()
	value := ""
	switch n := r.IntN(100); {
	case n < 20: // one value
		path := r.one("title", "userType", "displayName", "name.givenName", "name.familyName", "active")
		if op != "remove" {
			value = r.quoted()
		}
		if path == "active" && value != "" {
			value = r.one("true", "false")
		}
		return operationText(op, path, value)
	case n < 28:
		if op != "remove" {
			value = fmt.Sprintf(`{%q:%s}`, r.one("givenName", "familyName"), r.quoted())
			r.use(op + " an object")
		}
		return operationText(op, "name", value)
	case n < 38:
		r.use("no path")
		return operationText(r.one("add", "replace"), "", fmt.Sprintf(`{"title":%s,"active":%v,"name":{"givenName":%s}}`, r.quoted(), r.chance(50), r.quoted()))
	case n < 50:
		return r.extensionOperation(op)
	case n < 65:
		if op != "remove" {
			value = "[" + r.listValue("emails") + "]"
		}
		return operationText(op, "emails", value)
	}
	return r.elementOperation(op)
}

func (r *random) extensionOperation(op string) string {
	const urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	r.use("extension")
	value := ""
	switch r.IntN(3) {
	case 0:
		if op != "remove" {
			value = r.quoted()
		}
		return operationText(op, urn+":department", value)
	case 1:
		r.use("a part of the manager")
		if op != "remove" {
			value = r.quoted()
		}
		return operationText(op, urn+":manager.value", value)
	}
	if op != "remove" {
		value = fmt.Sprintf(`{"value":%s}`, r.quoted())
	}
	return operationText(op, urn+":manager", value)
}

func (r *random) listValue(list string) string {
	part := "value"
	if list == "addresses" {
		part = "locality"
	}
	text := fmt.Sprintf(`{"type":%q,%q:%s`, r.kind(), part, r.quoted())
	if r.chance(20) && r.use("primary") {
		text += `,"primary":true`
	}
	return text + "}"
}

func (r *random) elementOperation(op string) string {
	list := r.one("emails", "emails", "phoneNumbers", "addresses")
	part := "value"
	if list == "addresses" {
		part = "locality"
	}
	chosen := fmt.Sprintf("type eq %q", r.kind())
	if r.chance(20) {
		r.use("long filter")
		chosen += fmt.Sprintf(" and %s eq %q", part, r.word())
	}
	path, value := list+"["+chosen+"]", ""
	r.use("brackets")
	if r.chance(60) {
		path += "." + part
		if op != "remove" {
			value = r.quoted()
		}
		return operationText(op, path, value)
	}
	r.use("whole value")
	if op != "remove" {
		value = r.listValue(list)
	}
	return operationText(op, path, value)
}

func (r *random) groupOperation() string {
	member := func() string { return fmt.Sprintf("m%d", r.IntN(10)) }
	list := func() string {
		values := make([]string, 1+r.IntN(3))
		for i := range values {
			values[i] = fmt.Sprintf(`{"value":%q}`, member())
		}
		return "[" + strings.Join(values, ",") + "]"
	}
	switch n := r.IntN(100); {
	case n < 15:
		return operationText("replace", "displayName", r.quoted())
	case n < 25:
		r.use("no path")
		return operationText("replace", "", fmt.Sprintf(`{"id":"g1","displayName":%s}`, r.quoted()))
	case n < 45:
		return operationText("add", "members", list())
	case n < 65:
		return operationText("remove", "members", list())
	case n < 80:
		return operationText("remove", fmt.Sprintf("members[value eq %q]", member()), "")
	case n < 90:
		return operationText("replace", "members", list())
	case n < 95:
		return operationText("remove", "members", "")
	}
	return operationText("remove", fmt.Sprintf("members[value eq %q or value eq %q]", member(), member()), "")
}
