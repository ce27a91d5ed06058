package authorization_test

import "slices"

// powers are what somebody holds on one object: values of fields, in the words of custom access where it has one.
type powers map[string]string

// on is the value of a field that is true or false.
const on = "true"

// scales are the values of fields, lowest first; a higher one carries the lower ones (research tfe-api 2.2, 2.3, 6.5).
// Every other field is true or false.
func scales() map[string][]string {
	return map[string][]string{
		"runs":           {"read", "plan", "apply"},
		"variables":      {"none", "read", "write"},
		"state-versions": {"none", "read-outputs", "read", "write"},
		"sentinel-mocks": {"none", "read"},
		"settings":       {"read", "update", "delete"},
		"teams":          {"none", "read", "manage"},
		"variable-sets":  {"none", "read", "write"},
		"force-delete":   {"where-allowed", "always"},
	}
}

// valuesOf returns the values that a field can be given, lowest first.
func valuesOf(field string) []string {
	if scale, ok := scales()[field]; ok {
		return scale
	}
	return []string{"false", on}
}

// has reports whether a field has at least a value.
func (p powers) has(field, least string) bool {
	values := valuesOf(field)
	return slices.Index(values, p[field]) >= slices.Index(values, least)
}

// with adds what further powers give: the most permissive wins (research tfe-api 6.5).
func (p powers) with(others ...powers) powers {
	sum := powers{}
	for _, one := range append(others, p) {
		for field, value := range one {
			if !sum.has(field, value) {
				sum[field] = value
			}
		}
	}
	return sum
}

// rule says which value of which field a boolean of a document stands for.
type rule struct{ boolean, field, least string }

// never is the field of booleans that nobody has, since the feature is not there.
const never = "never"

// booleans returns a permissions object.
func (p powers) booleans(rules []rule) map[string]bool {
	out := map[string]bool{}
	for _, r := range rules {
		out[r.boolean] = r.field != never && p.has(r.field, r.least)
	}
	return out
}
