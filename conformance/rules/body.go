package rules

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

const (
	mediaJSONAPI = "application/vnd.api+json"
	mediaJSON    = "application/json"
)

// address is the path of a call on the server: one that does not begin at the root is below /api/v2.
func address(path string) string {
	if strings.HasPrefix(path, "/") {
		return path
	}
	return "/api/v2/" + path
}

// speaksJSONAPI reports whether a path takes documents of JSON:API.
func speaksJSONAPI(path string) bool {
	return strings.HasPrefix(path, "/api/") || strings.HasPrefix(path, "/otfapi/")
}

// document is the body that the words of a call say: NAME=VALUE is an attribute, NAME~TYPE:ID a relationship, +TYPE:ID an
// item of a list, :TYPE the type of the resource, and json:… a body as it is.
func document(method, path string, args []string) (string, error) {
	if len(args) == 0 {
		if method != http.MethodPost || strings.Contains(path, "/actions/") {
			return "", nil
		}
	} else if raw, ok := strings.CutPrefix(args[0], "json:"); ok {
		return raw, nil
	}
	attributes, relationships, list := map[string]any{}, map[string]any{}, []any{}
	typeName, id := resource(method, path)
	for _, arg := range args {
		switch {
		case strings.HasPrefix(arg, "+"):
			list = append(list, identifier(arg[1:]))
		case strings.HasPrefix(arg, ":"):
			typeName = arg[1:]
		default:
			if name, value, ok := strings.Cut(arg, "="); ok {
				put(attributes, strings.Split(name, "."), scalar(value))
			} else if name, value, ok := strings.Cut(arg, "~"); ok {
				relationships[name] = map[string]any{"data": identifier(value)}
			} else {
				return "", fmt.Errorf("not a part of a body: %s", arg)
			}
		}
	}
	var body any = attributes
	switch {
	case len(list) > 0:
		body = map[string]any{"data": list}
	case strings.HasPrefix(path, "/api/"):
		data := map[string]any{"type": typeName, "attributes": attributes}
		if len(relationships) > 0 {
			data["relationships"] = relationships
		}
		if id != "" {
			data["id"] = id
		}
		body = map[string]any{"data": data}
	}
	text, err := json.Marshal(body)
	return string(text), err
}

// resource returns the type of the resource that a path takes, and for a change its id.
func resource(method, path string) (typeName, id string) {
	path, _, _ = strings.Cut(path, "?")
	segments := strings.Split(path, "/")
	last := len(segments) - 1
	if method == http.MethodPost {
		return segments[last], ""
	}
	return segments[last-1], segments[last]
}

func identifier(text string) map[string]any {
	typeName, id, _ := strings.Cut(text, ":")
	return map[string]any{"type": typeName, "id": id}
}

// put sets a member of nested objects.
func put(object map[string]any, names []string, value any) {
	if len(names) == 1 {
		object[names[0]] = value
		return
	}
	inner, ok := object[names[0]].(map[string]any)
	if !ok {
		inner = map[string]any{}
		object[names[0]] = inner
	}
	put(inner, names[1:], value)
}

// scalar is true, false, null or a text.
func scalar(text string) any {
	switch text {
	case "true", "false":
		return text == "true"
	case "null":
		return nil
	}
	return text
}
