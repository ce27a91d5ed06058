package filter_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/httpapi/scim/filter"
)

func TestFiltersAreReadAndWrittenBack(t *testing.T) {
	t.Parallel()
	rows := []struct{ text, want string }{
		// the examples of RFC 7644 section 3.4.2.2
		{`userName eq "bjensen"`, `userName eq "bjensen"`},
		{`name.familyName co "O'Malley"`, `name.familyName co "O'Malley"`},
		{`userName sw "J"`, `userName sw "J"`},
		{`urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J"`, `urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J"`},
		{`title pr`, `title pr`},
		{`meta.lastModified gt "2011-05-13T04:42:34Z"`, `meta.lastModified gt "2011-05-13T04:42:34Z"`},
		{`meta.lastModified le "2011-05-13T04:42:34Z"`, `meta.lastModified le "2011-05-13T04:42:34Z"`},
		{`title pr and userType eq "Employee"`, `title pr and userType eq "Employee"`},
		{`title pr or userType eq "Intern"`, `title pr or userType eq "Intern"`},
		{`schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"`, `schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"`},
		{`userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")`, `userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")`},
		{`userType ne "Employee" and not (emails co "example.com" or emails.value co "example.org")`, `userType ne "Employee" and not (emails co "example.com" or emails.value co "example.org")`},
		{`userType eq "Employee" and (emails.type eq "work")`, `userType eq "Employee" and emails.type eq "work"`},
		{`userType eq "Employee" and emails[type eq "work" and value co "@example.com"]`, `userType eq "Employee" and emails[type eq "work" and value co "@example.com"]`},
		{`emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp" and value co "@foo.com"]`, `emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp" and value co "@foo.com"]`},
		// precedence: not, and, or
		{`a pr or b pr and c pr`, `a pr or b pr and c pr`},
		{`(a pr or b pr) and c pr`, `(a pr or b pr) and c pr`},
		{`not (a pr) and b pr or c pr`, `not (a pr) and b pr or c pr`},
		{`a pr and (b pr and c pr)`, `a pr and b pr and c pr`},
		{`a pr or (b pr or (c pr or d pr))`, `a pr or b pr or c pr or d pr`},
		{`not(not (a pr))`, `not (not (a pr))`},
		{`emails[not (type eq "work") or primary eq true]`, `emails[not (type eq "work") or primary eq true]`},
		// any case, any space
		{`  USERNAME   Eq	"x"  AND ( title PR )`, `USERNAME eq "x" and title pr`},
		{`NOT (a Pr)`, `not (a pr)`},
		// names that are words of the grammar
		{`not pr`, `not pr`},
		{`and eq "or" or or eq "and"`, `and eq "or" or or eq "and"`},
		{`eq eq "eq"`, `eq eq "eq"`},
		// values
		{`a eq true and b eq FALSE and c eq null`, `a eq true and b eq false and c eq null`},
		{`a gt -1.5e3 and b le 0`, `a gt -1.5e3 and b le 0`},
		{`a eq "say \"hi\" \\ \u00e9 (x) [y]"`, `a eq "say \"hi\" \\ é (x) [y]"`},
		{`a eq ""`, `a eq ""`},
		{`userName eq bjensen@example.com`, `userName eq "bjensen@example.com"`},
		{`a eq 007`, `a eq "007"`},
		{`(a eq bare)`, `a eq "bare"`},
		// what Entra sends
		{`emails[type eq "work"].value eq "a@b.c"`, `emails[type eq "work" and value eq "a@b.c"]`},
		{`emails[type eq "work" and primary eq true].value sw "a"`, `emails[type eq "work" and primary eq true and value sw "a"]`},
		{`emails[type eq "work" or type eq "home"].value pr`, `emails[(type eq "work" or type eq "home") and value pr]`},
		{`members.$ref eq "../Users/1"`, `members.$ref eq "../Users/1"`},
		{`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.displayName eq "x"`, `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.displayName eq "x"`},
	}
	for _, row := range rows {
		e, err := filter.Parse(row.text)
		if err != nil {
			t.Errorf("%s: %v", row.text, err)
			continue
		}
		if got := e.String(); got != row.want {
			t.Errorf("%s: written back as %s, want %s", row.text, got, row.want)
		}
	}
}

func TestWhatIsNoFilter(t *testing.T) {
	t.Parallel()
	rows := []struct {
		text   string
		offset int
	}{
		{``, 0},
		{`   `, 0},
		{`userName`, 8},
		{`userName eq`, 11},
		{`userName eq `, 12},
		{`userName eq "x`, 12},
		{`userName eq "x\"`, 12},
		{`userName eq "\q"`, 12},
		{`userName eq 'x'`, 12},
		{`userName eq x"y`, 12},
		{`userName is "x"`, 9},
		{`userName eq "x" and`, 19},
		{`userName eq "x" and `, 20},
		{`userName eq "x" xor a pr`, 16},
		{`userName eq "x"and a pr`, 15},
		{`and a pr`, 4},
		{`(a pr`, 5},
		{`a pr)`, 4},
		{`()`, 1},
		{`not a pr`, 4},
		{`emails[type eq "work"`, 21},
		{`emails[]`, 7},
		{`emails[type eq "work"].`, 23},
		{`emails[type eq "work"].value`, 28},
		{`emails[type eq "work"].a.b pr`, 26},
		{`emails.value[type eq "work"]`, 12},
		{`emails[sub[a pr]]`, 10},
		{`emails[a.b pr]`, 7},
		{`emails[urn:x:y:a pr]`, 7},
		{`a.b.c pr`, 0},
		{`1a pr`, 0},
		{`.a pr`, 0},
		{`a. pr`, 0},
		{`$ pr`, 0},
		{`x:a pr`, 0},
		{`urn::a pr`, 0},
		{`urn:x:a"b:c pr`, 0},
		{`urn:x:a\b:c pr`, 0},
		{`a pr; drop`, 2},
		{"a eq \"\xff\"", -1},
		{"a eq \"\x00\"", -1},
		{`a eq "\u0000"`, 5},
		{strings.Repeat("(", filter.MaxDepth+1) + "a pr" + strings.Repeat(")", filter.MaxDepth+1), filter.MaxDepth},
		{strings.Repeat("a", filter.MaxLength) + " pr", filter.MaxLength},
	}
	for _, row := range rows {
		e, err := filter.Parse(row.text)
		refused, ok := err.(*filter.Error) //nolint:errorlint // the contract is the type itself
		if !ok || e != nil || !refused.Filter {
			t.Errorf("%.60q: got %v, %v; want an error", row.text, e, err)
			continue
		}
		if refused.Offset != row.offset {
			t.Errorf("%.60q: %v, want the place %d", row.text, err, row.offset)
		}
	}
}

func TestAsDeepAsAllowed(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("not (", filter.MaxDepth) + "a pr" + strings.Repeat(")", filter.MaxDepth)
	if _, err := filter.Parse(deep); err != nil {
		t.Error(err)
	}
	long := strings.TrimSuffix(strings.Repeat("a pr or (b pr and c pr) or ", filter.MaxLength/27), " or ")
	if _, err := filter.Parse(long); err != nil {
		t.Error(err)
	}
}

func TestEqualities(t *testing.T) {
	t.Parallel()
	rows := []struct{ text, attribute, value string }{
		{`userName eq "Bob"`, "username", "Bob"},
		{`USERNAME EQ Bob`, "username", "Bob"},
		{`urn:ietf:params:scim:schemas:core:2.0:User:userName eq "x"`, "username", "x"},
		{`emails.value eq "a@b"`, "emails.value", "a@b"},
		{`emails[value eq "a@b"]`, "emails.value", "a@b"},
		{`(id eq "1")`, "id", "1"},
		{`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber eq "7"`, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:user:employeenumber", "7"},
		{`userName ne "x"`, "", ""},
		{`userName sw "x"`, "", ""},
		{`active eq true`, "", ""},
		{`userName eq null`, "", ""},
		{`userName pr`, "", ""},
		{`not (userName eq "x")`, "", ""},
		{`userName eq "x" and active eq true`, "", ""},
		{`userName eq "x" or userName eq "y"`, "", ""},
		{`emails[type eq "work"].value eq "a@b"`, "", ""},
	}
	for _, row := range rows {
		e, err := filter.Parse(row.text)
		if err != nil {
			t.Fatal(err)
		}
		attribute, value, ok := e.Equality()
		if attribute != row.attribute || value != row.value || ok != (row.attribute != "") {
			t.Errorf("%s: %q %q %v", row.text, attribute, value, ok)
		}
	}
}

func TestPaths(t *testing.T) {
	t.Parallel()
	const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	of := func(urn, name, sub string) filter.Path {
		return filter.Path{Attribute: filter.Attribute{URN: urn, Name: name, Sub: sub}}
	}
	rows := []struct {
		text       string
		want       filter.Path
		filterText string
	}{
		{"members", of("", "members", ""), ""},
		{"name.familyName", of("", "name", "familyName"), ""},
		{`addresses[type eq "work"]`, of("", "addresses", ""), `type eq "work"`},
		{`members[value eq "2819c223-7f76-453a-919d-413861904646"]`, of("", "members", ""), `value eq "2819c223-7f76-453a-919d-413861904646"`},
		{`members[value eq "2819c223"].displayName`, of("", "members", "displayName"), `value eq "2819c223"`},
		{enterprise + ":manager", of(enterprise, "manager", ""), ""},
		{enterprise + ":manager.value", of(enterprise, "manager", "value"), ""},
		{enterprise, of("urn:ietf:params:scim:schemas:extension:enterprise:2.0", "User", ""), ""},
		{`urn:ietf:params:scim:schemas:core:2.0:User:emails[type eq "work"].value`, of("urn:ietf:params:scim:schemas:core:2.0:User", "emails", "value"), `type eq "work"`},
		{"members.$ref", of("", "members", "$ref"), ""},
	}
	for _, row := range rows {
		got, err := filter.ParsePath(row.text)
		if err != nil {
			t.Errorf("%s: %v", row.text, err)
			continue
		}
		if got.String() != row.text {
			t.Errorf("%s: written back as %s", row.text, got)
		}
		text := ""
		if got.Filter != nil {
			text = got.Filter.String()
		}
		got.Filter = nil
		if diff := cmp.Diff(row.want, got); diff != "" || text != row.filterText {
			t.Errorf("%s: filter %s %s", row.text, text, diff)
		}
	}
}

func TestWhatIsNoPath(t *testing.T) {
	t.Parallel()
	rows := []struct {
		text     string
		inFilter bool
	}{
		{"", false},
		{" members", false},
		{"members ", false},
		{"a.b.c", false},
		{"a b", false},
		{"a:b", false},
		{`a]`, false},
		{`emails[type eq "work"]value`, false},
		{`emails[type eq "work"].`, false},
		{`emails[type eq "work"].a.b`, false},
		{`emails[type eq "work"] eq "x"`, false},
		{`emails.value[type eq "work"]`, true},
		{`emails[`, true},
		{`emails[]`, true},
		{`emails[type]`, true},
		{`emails[type eq "work"`, true},
		{`emails[type like "work"]`, true},
	}
	for _, row := range rows {
		_, err := filter.ParsePath(row.text)
		refused, ok := err.(*filter.Error) //nolint:errorlint // the contract is the type itself
		if !ok || refused.Filter != row.inFilter {
			t.Errorf("%q: %#v", row.text, err)
		}
	}
}
