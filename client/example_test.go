package client_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/terrawarden/terrawarden/client"
)

// A platform asks before it lets somebody apply.
func Example() {
	tw, err := client.New(service.URL, service.SiteToken, client.Options{})
	if err != nil {
		panic(err)
	}
	for _, who := range []string{"bob", "carol"} {
		answer, err := tw.Check(context.Background(), client.Question{
			Subject: client.User(who), Action: "apply_run", Resource: client.Workspace("acme/prod"),
		})
		if err != nil {
			panic(err) // no answer is no permission
		}
		fmt.Println(who, answer.Allowed)
	}
	// Output:
	// bob true
	// carol false
}

// A page of workspaces is asked about with one call.
func ExampleClient_CheckAll() {
	tw, err := client.New(service.URL, service.SiteToken, client.Options{})
	if err != nil {
		panic(err)
	}
	var questions []client.Question
	for _, name := range []string{"acme/prod", "acme/staging", "acme/nothing"} {
		questions = append(questions, client.Question{Subject: client.User("carol"), Action: "queue_plan", Resource: client.Workspace(name)})
	}
	answers, err := tw.CheckAll(context.Background(), questions, client.ExecuteAll)
	if err != nil {
		panic(err)
	}
	for i, a := range answers {
		fmt.Println(questions[i].Resource, a.Allowed)
	}
	// Output:
	// workspace:acme/prod true
	// workspace:acme/staging true
	// workspace:acme/nothing false
}

// A list of workspaces shows those that somebody may see, page by page.
func ExampleClient_SearchResources() {
	tw, err := client.New(service.URL, service.SiteToken, client.Options{})
	if err != nil {
		panic(err)
	}
	ctx, q := context.Background(), client.Question{Subject: client.User("carol"), Action: "read", Resource: client.Entity{Type: "workspace"}}
	pages := func(p client.Page) (client.List[client.Found], error) { return tw.SearchResources(ctx, q, p) }
	for found, err := range client.All(client.Page{Limit: 50}, pages) {
		if err != nil {
			panic(err)
		}
		fmt.Println(found.ID)
	}
	// Output:
	// acme/prod
	// acme/staging
}

// After a change, questions that carry its token see it.
func ExampleAtLeastAsFresh() {
	ctx := context.Background()
	tw, err := client.New(service.URL, service.SiteToken, client.Options{})
	if err != nil {
		panic(err)
	}
	grant, err := tw.CreateGrant(ctx, "acme", client.GrantRequest{
		Role: "tfe-write", Holder: client.User("site-admin"), Scope: client.Workspace("acme/staging"),
	})
	if err != nil {
		panic(err)
	}
	answer, err := tw.Check(ctx, client.Question{
		Subject: client.User("site-admin"), Action: "apply_run", Resource: client.Workspace("acme/staging"),
		Consistency: client.AtLeastAsFresh(grant.ZedToken),
	})
	if err != nil {
		panic(err)
	}
	fmt.Println(answer.Allowed)
	// Output: true
}

// Errors say what can be done about them.
func ExampleError() {
	tw, err := client.New(service.URL, "not a token of anybody", client.Options{})
	if err != nil {
		panic(err)
	}
	_, err = tw.ListRoles(context.Background(), "acme", client.RoleFilter{}, client.Page{})
	if refused, ok := errors.AsType[*client.Error](err); ok {
		fmt.Println(refused.Status, refused.Code)
	}
	// Output: 401 unauthenticated
}

// Who may do what on a workspace, and by which roles.
func ExampleClient_EffectiveAccess() {
	tw, err := client.New(service.URL, service.SiteToken, client.Options{})
	if err != nil {
		panic(err)
	}
	access, err := tw.EffectiveAccess(context.Background(), client.User("bob"), client.Workspace("acme/prod"))
	if err != nil {
		panic(err)
	}
	for _, p := range access.Permissions {
		if p.Name == "apply_run" {
			fmt.Println(p.Name, "from", access.Sources[p.From[0]].Role.Name)
		}
	}
	// Output: apply_run from tfe-write
}
