package client_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/client"
)

func applyRun(subject client.Entity) client.Question {
	return client.Question{Subject: subject, Action: "apply_run", Resource: client.Workspace("acme/prod")}
}

func TestChecks(t *testing.T) {
	t.Parallel()
	c := as(t, service, service.SiteToken)
	for name, row := range map[string]struct {
		question client.Question
		want     bool
	}{
		"a member of the team that may":    {applyRun(client.User("bob")), true},
		"his name in any case":             {applyRun(client.User("BOB")), true},
		"the team itself":                  {applyRun(client.Team("acme/sre")), true},
		"somebody one level lower":         {applyRun(client.User("carol")), false},
		"nobody":                           {applyRun(client.User("nobody")), false},
		"a service account":                {applyRun(client.ServiceAccount("portal")), false},
		"a group":                          {applyRun(client.Group("nothing")), false},
		"another system's word":            {client.Question{Subject: client.User("bob"), Action: "otf:run:apply", Resource: client.Workspace("acme/prod")}, true},
		"a workspace that is not there":    {client.Question{Subject: client.User("bob"), Action: "apply_run", Resource: client.Workspace("acme/nothing")}, false},
		"an owner, of the organization":    {client.Question{Subject: client.User("alice"), Action: "update", Resource: client.Organization("acme")}, true},
		"an owner, of the platform":        {client.Question{Subject: client.User("alice"), Action: "administer", Resource: client.Platform()}, false},
		"the site admin, of the platform":  {client.Question{Subject: client.User("site-admin"), Action: "administer", Resource: client.Platform()}, true},
		"a project that is not there":      {client.Question{Subject: client.User("alice"), Action: "read", Resource: client.Project("acme/nothing")}, false},
		"a stack that is not there":        {client.Question{Subject: client.User("alice"), Action: "read", Resource: client.Stack("acme/nothing")}, false},
		"a variable":                       {client.Question{Subject: client.User("alice"), Action: "read_variable", Resource: client.Workspace("acme/prod")}, true},
		"a variable that is sensitive":     {client.Question{Subject: client.User("alice"), Action: "read_variable", Resource: client.Workspace("acme/prod"), Sensitive: true}, false},
		"a question that may be a bit old": {client.Question{Subject: client.User("bob"), Action: "apply_run", Resource: client.Workspace("acme/prod"), Consistency: client.MinimizeLatency()}, true},
	} {
		a, err := c.Check(t.Context(), row.question)
		if err != nil || a.Allowed != row.want || a.DecisionID == "" || a.ZedToken == "" || a.Context != nil {
			t.Errorf("%s: %+v, %v, want %v", name, a, err, row.want)
		}
		again := row.question
		again.Consistency = client.AtLeastAsFresh(a.ZedToken)
		if b, err := c.Check(t.Context(), again); err != nil || b.Allowed != row.want {
			t.Errorf("%s, not older than the answer: %+v, %v", name, b, err)
		}
	}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	c := as(t, service, service.SiteToken)
	for who, want := range map[string]bool{"bob": true, "carol": false} {
		a, err := c.Explain(t.Context(), applyRun(client.User(who)))
		if err != nil || a.Allowed != want || a.Context == nil || len(a.Context.ReasonAdmin) == 0 || len(a.Context.Roles) == 0 {
			t.Fatalf("%s: %+v, %v", who, a, err)
		}
		if gives := slices.ContainsFunc(a.Context.Roles, func(r client.HeldRole) bool { return r.Gives }); gives != want {
			t.Errorf("%s holds %+v, and is allowed: %v", who, a.Context.Roles, want)
		}
	}
}

func TestCheckAll(t *testing.T) {
	t.Parallel()
	c := as(t, service, service.SiteToken)
	yes, no := applyRun(client.User("bob")), applyRun(client.User("carol"))
	many := slices.Repeat([]client.Question{yes, no}, 1200) // more than the service takes at once
	for name, row := range map[string]struct {
		ask      []client.Question
		semantic client.Semantic
		want     []bool
	}{
		"none":                                {nil, "", []bool{}},
		"both":                                {[]client.Question{yes, no}, "", []bool{true, false}},
		"many":                                {many, client.ExecuteAll, slices.Repeat([]bool{true, false}, 1200)},
		"up to a no":                          {many, client.DenyOnFirstDeny, []bool{true, false}},
		"up to a yes":                         {[]client.Question{no, no, yes, no}, client.PermitOnFirstPermit, []bool{false, false, true}},
		"up to a yes that does not come":      {[]client.Question{no, no}, client.PermitOnFirstPermit, []bool{false, false}},
		"up to the thousandth, which is a no": {append(append(slices.Repeat([]client.Question{yes}, 999), no), yes), client.DenyOnFirstDeny, append(slices.Repeat([]bool{true}, 999), false)},
	} {
		answers, err := c.CheckAll(t.Context(), row.ask, row.semantic)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got := []bool{}
		for _, a := range answers {
			got = append(got, a.Allowed)
		}
		if diff := cmp.Diff(row.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	answers, err := c.CheckAll(t.Context(), []client.Question{yes, {Subject: client.User("bob"), Resource: client.Workspace("acme/prod")}}, "")
	if err != nil || len(answers) != 2 || !answers[0].Allowed || answers[1].Allowed || answers[1].Context == nil || answers[1].Context.Error == nil || answers[1].Context.Error.Status != 400 {
		t.Errorf("a question without an action: %+v, %v", answers, err)
	}
}

func TestSearches(t *testing.T) {
	t.Parallel()
	c := as(t, service, service.SiteToken)
	q := applyRun(client.Entity{Type: "user"})
	first, err := c.SearchSubjects(t.Context(), q, client.Page{Limit: 2})
	if err != nil || len(first.Items) != 2 || first.Next == "" || first.Total != 3 || first.ZedToken == "" {
		t.Fatalf("two of three: %+v, %v", first, err)
	}
	var who []string
	for found, err := range client.All(client.Page{Limit: 2}, func(p client.Page) (client.List[client.Found], error) { return c.SearchSubjects(t.Context(), q, p) }) {
		if err != nil {
			t.Fatal(err)
		}
		if found.Properties.Name != found.ID || found.Properties.ID == "" {
			t.Errorf("found %+v", found)
		}
		who = append(who, found.ID)
	}
	slices.Sort(who)
	if diff := cmp.Diff([]string{"alice", "bob", "site-admin"}, who); diff != "" {
		t.Errorf("who may (-want +got):\n%s", diff)
	}
	where, err := c.SearchResources(t.Context(), client.Question{Subject: client.User("carol"), Action: "queue_plan", Resource: client.Entity{Type: "workspace"}}, client.Page{})
	if err != nil || len(where.Items) != 2 || where.Items[0].ID != "acme/prod" || where.Next != "" {
		t.Errorf("where carol may plan: %+v, %v", where, err)
	}
	what, err := c.SearchActions(t.Context(), client.Question{Subject: client.User("carol"), Resource: client.Workspace("acme/prod")}, client.Page{})
	if err != nil || !slices.Contains(what.Items, client.Action{Name: "queue_plan"}) || slices.Contains(what.Items, client.Action{Name: "apply_run"}) {
		t.Errorf("what carol may: %+v, %v", what, err)
	}
	broken := client.All(client.Page{Token: "not ours"}, func(p client.Page) (client.List[client.Found], error) { return c.SearchSubjects(t.Context(), q, p) })
	if all, err := client.Collect(broken); err == nil {
		t.Errorf("a token of somebody else: %+v", all)
	}
	for found, err := range broken {
		if err == nil || found != (client.Found{}) {
			t.Errorf("it holds %+v, %v", found, err)
		}
	}
}

// Who may not ask gets an error, and never an answer that says yes.
func TestQuestionsThatAreRefused(t *testing.T) {
	t.Parallel()
	dave := service.UserToken(t, "dave")
	for name, row := range map[string]struct {
		token string
		code  string
		field string
		ask   client.Question
	}{
		"about himself":        {dave, "", "", applyRun(client.User("dave"))},
		"about somebody else":  {dave, client.CodeDenied, "", applyRun(client.User("bob"))},
		"without the scope":    {service.ServiceToken(t, "searcher", "search"), client.CodeDenied, "", applyRun(client.User("bob"))},
		"with the scope":       {service.ServiceToken(t, "checker", "check"), "", "", applyRun(client.User("bob"))},
		"without a credential": {"", client.CodeUnauthenticated, "", applyRun(client.User("bob"))},
		"with a wrong one":     {"wrong", client.CodeUnauthenticated, "", applyRun(client.User("bob"))},
		"without a subject":    {service.SiteToken, client.CodeInvalid, "", client.Question{Action: "read", Resource: client.Workspace("acme/prod")}},
		"with a token of nobody": {service.SiteToken, client.CodeInvalid, "", client.Question{
			Subject: client.User("bob"), Action: "read", Resource: client.Workspace("acme/prod"), Consistency: client.AtLeastAsFresh("nonsense"),
		}},
	} {
		a, err := as(t, service, row.token).Check(t.Context(), row.ask)
		if row.code == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		refused, ok := errors.AsType[*client.Error](err)
		if !ok || refused.Code != row.code || refused.Message == "" || refused.RequestID == "" || a.Allowed {
			t.Errorf("%s: %+v, %#v, want %s", name, a, err, row.code)
		}
	}
}
