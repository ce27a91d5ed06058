package rsql_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/terrakube/rsql"
)

// row is the object that filters are tried on.
func row() map[string][]any {
	return map[string][]any{
		"id": {"ws-1"}, "name": {"Core-eu"}, "description": {nil}, "empty": {""}, "locked": {true}, "deleted": {false},
		"priority": {int64(5)}, "createdDate": {"2024-05-06T07:08:09Z"}, "project.name": {"Apps"}, "project": {"prj-1"}, "vcs": {},
		"access.name": {"DEV", "OPS"}, "access": {"a-1", "a-2"}, "schedule": {},
	}
}

func selected(selector string) (rsql.Selected, error) {
	kinds := map[string]rsql.Selected{
		"id": {}, "name": {Or: "id"}, "description": {}, "empty": {}, "locked": {Kind: rsql.Flag}, "deleted": {Kind: rsql.Flag},
		"priority": {Kind: rsql.Number}, "createdDate": {Kind: rsql.Time}, "project.name": {}, "project": {Kind: rsql.Relation},
		"vcs": {Kind: rsql.Relation}, "access.name": {Many: true}, "access": {Kind: rsql.Relation, Many: true},
		"schedule": {Kind: rsql.Relation, Many: true},
	}
	s, ok := kinds[selector]
	if !ok {
		return s, fault.New(fault.Invalid, "there is no %s", selector)
	}
	return s, nil
}

func matches(t *testing.T, filter string) bool {
	t.Helper()
	e, err := rsql.Parse(filter)
	if err != nil {
		t.Fatal(err)
	}
	f, err := e.Compile(selected)
	if err != nil {
		t.Fatal(err)
	}
	ok, err := f.Match(func(selector string) ([]any, error) { return row()[selector], nil })
	if err != nil {
		t.Fatal(err)
	}
	return ok
}

func TestWhatFiltersSelect(t *testing.T) {
	t.Parallel()
	selects := []string{
		"name==Core-eu", "name=='Core-eu'", "name==Core*", "name==*eu", "name==*ore*", "name==*", "name!=core", "name!=Net*",
		"name==ws-1", // its id
		"name=in=(a,Core-eu)", "name=out=(a,b)", "name=ini=(CORE-EU)", "name=outi=(core)", "name=gt=Bore", "name=lt=Dore", "name=ge=Core-eu", "name=le=Core-eu",
		"name=between=(Ca,Cz)", "name=notbetween=(D,E)", "empty==''", "empty=isnull=false", "description=isnull=true", "description=isnull=1", "name=isnull=false", "name=isnull=0",
		"locked==true", "locked==TRUE", "locked!=false", "deleted==false", "deleted=in=(false,true)", "locked=gt=false",
		"priority==5", "priority!=4", "priority=gt=4", "priority<6", "priority>=5", "priority<=5", "priority=between=(5,5)", "priority=notbetween=(6,9)", "priority=in=(1,5)", "priority=out=(1,2)",
		"createdDate==2024-05-06T07:08:09Z", "createdDate==2024-05-06T09:08:09+02:00", "createdDate=gt=2024-05-06", "createdDate=lt=2024-05-06T07:08:10", "createdDate=between=(2024-05-06,2024-05-07)",
		"project.name==Apps", "project==prj-1", "project=isnull=false", "vcs=isnull=true",
		"access.name==DEV", "access.name=hasmember=OPS", "access.name=hasnomember=QA", "access=hasmember=a-2", "access=isempty=false", "schedule=isempty=true", "schedule=hasnomember=x",
		"locked==true;priority==5", "locked==false,priority==5", "locked==false;name==x,priority==5", "(locked==false,priority==5);name==Core*",
		"locked==true and priority==5", "locked==false or priority==5",
	}
	for _, filter := range selects {
		if !matches(t, filter) {
			t.Errorf("%s does not select the row", filter)
		}
	}
	leavesOut := []string{
		"name==core-eu", "name==Core", "name==*x*", "name==x*", "name==*x", "name!=Core-eu", "name!=Core*", "name==WS-1", "name=in=(a,b)", "name=in=(Core*)", "name=out=(a,Core-eu)",
		"name=outi=(CORE-EU)", "name=ini=(x)", "name=gt=Core-eu", "name=lt=Core-eu", "name=between=(D,E)", "name=notbetween=(Ca,Cz)", "name=in=(ws-1)",
		"description==x", "description!=x", "description=in=(x)", "description=out=(x)", "description=gt=a", // null is nothing of all that
		"description=isnull=false", "name=isnull=true",
		"locked==false", "locked!=true", "deleted==true", "priority==4", "priority!=5", "priority=gt=5", "priority<5", "priority=between=(6,9)", "priority=notbetween=(1,9)",
		"createdDate=gt=2024-05-06T07:08:09Z", "createdDate=lt=2024-05-06", "createdDate==2024-05-06",
		"project.name==apps", "project==prj-2", "project=isnull=true", "vcs=isnull=false", "vcs==x",
		"access.name==QA", "access.name=hasmember=QA", "access.name=hasnomember=DEV", "access=isempty=true", "schedule=isempty=false", "schedule=hasmember=x",
		"locked==true;priority==4", "locked==false,priority==4", "locked==true;(priority==4,name==x)", "locked==false and priority==5",
	}
	for _, filter := range leavesOut {
		if matches(t, filter) {
			t.Errorf("%s selects the row", filter)
		}
	}
}

func TestFiltersOfAnotherKind(t *testing.T) {
	t.Parallel()
	for filter, says := range map[string]string{
		"locked==yes":            "must be true or false",
		"priority==five":         "must be a whole number",
		"priority==1.5":          "must be a whole number",
		"createdDate=gt=monday":  "must be a time",
		"name=isnull=maybe":      "must be true or false",
		"name=isempty=true":      "is not a list",
		"project=hasmember=x":    "is not a list",
		"secret==x":              "there is no secret",
		"name==a;(secret==x)":    "there is no secret",
		"priority=between=(1,x)": "must be a whole number",
	} {
		e, err := rsql.Parse(filter)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = e.Compile(selected); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: got %v, want a fault that says %q", filter, err, says)
		}
	}
}

func TestEverythingWithoutAFilter(t *testing.T) {
	t.Parallel()
	broken := errors.New("unread")
	values := func(string) ([]any, error) { return nil, broken }
	for name, f := range map[string]rsql.Expression{"no filter": {}, "all of none": rsql.All()} {
		compiled, err := f.Compile(selected)
		if err != nil {
			t.Fatal(err)
		}
		if ok, err := compiled.Match(values); !ok || err != nil {
			t.Errorf("%s: selected %v, %v", name, ok, err)
		}
	}
	e, err := rsql.Parse("name==x,id==y")
	if err != nil {
		t.Fatal(err)
	}
	f, err := rsql.All(e).Compile(selected)
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := f.Match(values); ok || !errors.Is(err, broken) {
		t.Errorf("a row that cannot be read: selected %v, %v", ok, err)
	}
}

// FuzzParse looks for filters that are read without being understood: every one is either refused as invalid input or can
// be compiled and matched, and says the same when it is written down again.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"name==core", "name=='my core'", `a=="\"";b=in=(1,'2')`, "((a==1,b!=2);c=between=(1,2))", "a==1 and b==2 or c==3", "a=isnull=true", "x<1;y>=2", "a=ini=(X)", "a=in=(", "name==\xff", "(((", "a==*b*",
	} {
		f.Add(seed)
	}
	anything := func(selector string) (rsql.Selected, error) {
		return rsql.Selected{Kind: rsql.Kind(len(selector) % 5), Many: len(selector)%2 == 1, Or: "id"}, nil
	}
	values := func(selector string) ([]any, error) {
		return []any{nil, selector, true, int64(len(selector)), "2024-05-06T07:08:09Z"}, nil
	}
	f.Fuzz(func(t *testing.T, filter string) {
		e, err := rsql.Parse(filter)
		if err != nil {
			if !fault.Is(err, fault.Invalid) {
				t.Fatalf("%q: %v is no fault of the input", filter, err)
			}
			return
		}
		if len(e.Comparisons()) == 0 {
			t.Fatalf("%q was read as nothing, which selects everything", filter)
		}
		c, err := e.Compile(anything)
		if err != nil {
			if !fault.Is(err, fault.Invalid) {
				t.Fatalf("%q: %v is no fault of the input", filter, err)
			}
			return
		}
		first, err := c.Match(values)
		if err != nil {
			t.Fatal(err)
		}
		group, err := rsql.Parse("(" + filter + ")")
		if err != nil { // at the limits of length and depth
			return
		}
		again, err := group.Compile(anything)
		if err != nil {
			t.Fatal(err)
		}
		if second, err := again.Match(values); err != nil || first != second {
			t.Fatalf("%q selects %v, and %v in parentheses: %v", filter, first, second, err)
		}
	})
}
