package rsql_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/terrakube/rsql"
)

// written returns the comparisons of a filter, each in one line.
func written(e rsql.Expression) []string {
	var out []string
	for _, c := range e.Comparisons() {
		out = append(out, c.Selector+" "+c.Operator.String()+" "+strings.Join(c.Arguments, "|"))
	}
	return out
}

func TestFiltersThatAreRead(t *testing.T) {
	t.Parallel()
	rows := map[string]struct {
		filter string
		want   []string
	}{
		"a name":                              {"name==core", []string{"name == core"}},
		"a name in single quotes":             {"name=='my core'", []string{"name == my core"}},
		"a name in double quotes":             {`name=="it's"`, []string{"name == it's"}},
		"a quotation mark behind a backslash": {`name=='it\'s'`, []string{"name == it's"}},
		"a backslash behind a backslash":      {`name=='a\\b'`, []string{`name == a\b`}},
		"signs in quotes":                     {"name=='a;b,c(d)=='", []string{"name == a;b,c(d)=="}},
		"nothing in quotes":                   {"name==''", []string{"name == "}},
		"an asterisk":                         {"name==co*", []string{"name == co*"}},
		"a list":                              {"name=in=(a,'b c',d)", []string{"name =in= a|b c|d"}},
		"a list of one without parentheses":   {"name=in=a", []string{"name =in= a"}},
		"two ends":                            {"priority=between=(1,5)", []string{"priority =between= 1|5"}},
		"both of two":                         {"a==1;b!=2", []string{"a == 1", "b != 2"}},
		"one of two":                          {"a==1,b!=2", []string{"a == 1", "b != 2"}},
		"the words for both and for one":      {"a==1 and b==2 or c==3", []string{"a == 1", "b == 2", "c == 3"}},
		"groups":                              {"(a==1,b==2);(c==3)", []string{"a == 1", "b == 2", "c == 3"}},
		"blanks between everything":           {" a == 1 ; ( b =in= ( 2 , 3 ) , c==4 ) ", []string{"a == 1", "b =in= 2|3", "c == 4"}},
		"a path":                              {"project.name==core", []string{"project.name == core"}},
		"signs for an order":                  {"a<1;b<=2;c>3;d>=4", []string{"a =lt= 1", "b =le= 2", "c =gt= 3", "d =ge= 4"}},
		"every other operator":                {"a=out=(1,2);b=ini=x;c=outi=x;d=isnull=true;e=isempty=false;f=hasmember=x;g=hasnomember=x;h=notbetween=(1,2)", []string{"a =out= 1|2", "b =ini= x", "c =outi= x", "d =isnull= true", "e =isempty= false", "f =hasmember= x", "g =hasnomember= x", "h =notbetween= 1|2"}},
		"an id with dashes":                   {"id==0c1a-22-f", []string{"id == 0c1a-22-f"}},
		"letters of other scripts":            {"name==Überfluß", []string{"name == Überfluß"}},
		"a time":                              {"createdDate=ge=2024-01-02T03:04:05Z", []string{"createdDate =ge= 2024-01-02T03:04:05Z"}},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, err := rsql.Parse(row.filter)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(row.want, written(e)); diff != "" {
				t.Errorf("comparisons (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFiltersThatAreNot(t *testing.T) {
	t.Parallel()
	rows := map[string]struct{ filter, says string }{
		"nothing":                            {"", "ends where the name of an attribute is expected"},
		"a name alone":                       {"name", "ends where an operator is expected"},
		"one equals sign":                    {"name=core", "an operator is expected"},
		"an operator there is none of":       {"name=like=core", "an operator is expected"},
		"no value":                           {"name==", "ends where a value is expected"},
		"a blank in a name":                  {"name==my core", `has 'c' at character 10`},
		"a quotation mark that stays open":   {"name=='core", "not closed"},
		"a parenthesis that stays open":      {"(name==core", "a closing parenthesis is expected"},
		"a parenthesis too many":             {"name==core)", "a comma, a semicolon or the end is expected"},
		"a list that stays open":             {"name=in=(a,b", "a comma or a closing parenthesis"},
		"an empty list":                      {"name=in=()", "a value is expected"},
		"two values for one":                 {"name==(a,b)", "== takes one value"},
		"one value for two":                  {"a=between=1", "=between= takes 2 values"},
		"three values for two":               {"a=between=(1,2,3)", "=between= takes 2 values"},
		"a semicolon at the end":             {"name==core;", "ends where the name of an attribute is expected"},
		"a comma at the beginning":           {",name==core", "the name of an attribute is expected"},
		"broken text":                        {"name==\xff", "valid UTF-8"},
		"more than one may write":            {"name==" + strings.Repeat("a", 9000), "longer than"},
		"deeper than one may nest":           {strings.Repeat("(", 40) + "a==1" + strings.Repeat(")", 40), "nested more than"},
		"more comparisons than one may make": {strings.Repeat("a==1;", 300) + "a==1", "more than 200 comparisons"},
		"more values than one may list":      {"a=in=(" + strings.Repeat("1,", 1500) + "1)", "more than 1000 values"},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := rsql.Parse(row.filter)
			if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), row.says) {
				t.Errorf("got %v, want a fault that says %q", err, row.says)
			}
		})
	}
}

func TestRequiredValues(t *testing.T) {
	t.Parallel()
	rows := map[string]struct {
		filter, want string
		ok           bool
	}{
		"by itself":                {"name==core", "core", true},
		"with something else":      {"locked==true;name==core", "core", true},
		"in a group":               {"(name==core);locked==true", "core", true},
		"or something else":        {"locked==true,name==core", "", false},
		"not at all":               {"locked==true", "", false},
		"another name":             {"project.name==core", "", false},
		"everything but this name": {"name!=core", "", false},
		"one of a list":            {"name=in=core", "", false},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, err := rsql.Parse(row.filter)
			if err != nil {
				t.Fatal(err)
			}
			if got, ok := e.Required("name"); got != row.want || ok != row.ok {
				t.Errorf("got %q, %v; want %q, %v", got, ok, row.want, row.ok)
			}
		})
	}
}
