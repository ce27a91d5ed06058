package schema_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/terrawarden/terrawarden/schema"
)

// TestCarriedByAgreesWithTheSchema reads every permission of every scope from the schema: CarriedBy names the relations
// of a union of arrows to the atom, and nothing where the schema says anything else.
func TestCarriedByAgreesWithTheSchema(t *testing.T) {
	t.Parallel()
	expressions := permissionsOf(t)
	carried := 0
	for _, objectType := range []string{schema.TypePlatform, schema.TypeOrganization, schema.TypeProject, schema.TypeWorkspace, schema.TypeStack, schema.TypeTeam} {
		for _, e := range schema.Vocabulary() {
			p := e.Permission
			expression, asked := expressions[objectType+"#"+p.On(objectType)]
			if asked != (p.On(objectType) != "") {
				t.Fatalf("%s on %s: in the schema %t", p, objectType, asked)
			}
			want := carriers(expression, p.Qualified(), schema.Parent(objectType))
			if got := p.CarriedBy(objectType); !slices.Equal(got, want) {
				t.Errorf("%s on %s is carried by %q, want %q: %s", p, objectType, got, want, expression)
			}
			carried += len(want)
		}
	}
	if carried < 100 {
		t.Errorf("only %d permissions are carried by bindings", carried)
	}
}

// permissionsOf returns the expressions of the schema by "type#permission".
func permissionsOf(t *testing.T) map[string]string {
	t.Helper()
	definition := regexp.MustCompile(`^definition (\w+) \{`)
	permission := regexp.MustCompile(`^\tpermission (\w+) = (.*)$`)
	out, objectType := map[string]string{}, ""
	for line := range strings.Lines(schema.Text()) {
		line = strings.TrimRight(line, "\n")
		if m := definition.FindStringSubmatch(line); m != nil {
			objectType = m[1]
		} else if m := permission.FindStringSubmatch(line); m != nil {
			out[objectType+"#"+m[1]] = m[2]
		}
	}
	return out
}

// carriers returns the relations of a union of arrows to an atom, the arrow to the parent left out, and nil for any
// other expression.
func carriers(expression, atom, parent string) []string {
	var out []string
	for term := range strings.SplitSeq(expression, " + ") {
		relation, target, isArrow := strings.Cut(term, "->")
		switch {
		case !isArrow || target != atom:
			return nil
		case relation == parent:
		case relation == schema.RelBinding || relation == schema.RelChildBinding:
			out = append(out, relation)
		default:
			return nil
		}
	}
	if parent != "" && !strings.Contains(expression, " "+parent+"->"+atom) {
		return nil // not held on the scope above: the scopes would say too much
	}
	return out
}
