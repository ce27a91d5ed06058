package rules

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// actor is somebody who calls, and who can be asked about.
type actor struct {
	name, token  string
	typeName, id string // as the subject of a check
}

// world is what one rule runs in: an organization of its own, its people, and what its steps made.
type world struct {
	session   *Session
	client    *client
	actors    map[string]actor
	variables map[string]string
	fresh     int
}

// Run takes all steps of a rule, in an organization of the rule's own. The error is a *StepError where a step
// was not answered as the rule says.
func (s *Session) Run(ctx context.Context, r Rule) error {
	w := &world{
		session: s,
		client:  &client{url: s.URL},
		actors:  map[string]actor{site: {name: "site-admin", token: s.Token, typeName: "user", id: "site-admin"}, nobody: {}},
		variables: map[string]string{
			"org": strings.ToLower(r.ID), "rule": strings.ToLower(r.ID),
			"name:" + site: "site-admin",
		},
	}
	if err := w.settle(ctx, r); err != nil {
		return &StepError{Rule: r.ID, Reason: "make its organization: " + err.Error()}
	}
	for _, step := range r.Steps {
		for _, who := range step.Who {
			if f := w.take(ctx, step, who); f != nil {
				f.Rule, f.Step = r.ID, step
				return f
			}
		}
	}
	return nil
}

// settle makes the people of a rule and its organization.
func (w *world) settle(ctx context.Context, r Rule) error {
	people := append([]string{owner}, r.People...)
	for _, who := range []string{member, outsider} {
		if r.mentions(who) {
			people = append(people, who)
		}
	}
	for _, who := range people {
		if err := w.person(ctx, who); err != nil {
			return err
		}
	}
	org := w.variables["org"]
	if err := w.found(ctx, r, org); err != nil {
		return err
	}
	if r.mentions(outsider) && r.Server != serverStern {
		if _, err := w.make(ctx, outsider, "organizations", "name="+org+"-other", "email=other@example.com"); err != nil {
			return err
		}
	}
	if !r.mentions(member) {
		return nil
	}
	everyone, err := w.make(ctx, owner, "organizations/"+org+"/teams", "name=everyone", "visibility=organization")
	if err != nil {
		return err
	}
	w.variables["everyone"] = everyone
	_, err = w.make(ctx, owner, "teams/"+everyone+"/relationships/users", "+users:"+w.actors[member].name)
	return err
}

// found makes the organization of a rule. Where people may not make one, the site admin does it for its owner.
func (w *world) found(ctx context.Context, r Rule, org string) error {
	founder := owner
	if r.Server == serverStern {
		founder = site
	}
	if _, err := w.make(ctx, founder, "organizations", "name="+org, "email=owner@example.com"); err != nil || founder == owner {
		return err
	}
	owners, err := w.value(ctx, "owners")
	if err != nil {
		return err
	}
	for _, who := range r.regulars() {
		if err := w.admit(ctx, who); err != nil {
			return err
		}
	}
	_, err = w.make(ctx, site, "teams/"+owners+"/relationships/users", "+users:"+w.actors[owner].name)
	return err
}

// regulars are the people whom every rule knows and who are in its organization.
func (r Rule) regulars() []string {
	if r.mentions(member) {
		return []string{owner, member}
	}
	return []string{owner}
}

// admit makes somebody a member of the organization where teams take no others: an invitation, and a first call.
func (w *world) admit(ctx context.Context, who string) error {
	a := w.actors[who]
	if _, err := w.make(ctx, site, "organizations/"+w.variables["org"]+"/organization-memberships", "email="+a.name+"@users.invalid"); err != nil {
		return err
	}
	_, err := w.client.call(ctx, http.MethodGet, "/api/v2/account/details", a.token, "")
	return err
}

// mentions reports whether a rule speaks of one of the people whom every rule knows.
func (r Rule) mentions(who string) bool {
	return slices.ContainsFunc(r.Steps, func(s Step) bool {
		return slices.Contains(s.Who, who) || strings.Contains(s.Text, ":"+who+"}") || (who == member && strings.Contains(s.Text, "{everyone}"))
	})
}

// person makes a user with a token.
func (w *world) person(ctx context.Context, who string) error {
	name := w.variables["rule"] + "-" + who
	if who == promoted { // known to the server by this name
		name = who
	}
	body := `{"kind":"user","name":"` + name + `"}`
	a, err := w.client.call(ctx, http.MethodPost, "/admin/v1/tokens", w.actors[site].token, body)
	if err != nil {
		return err
	}
	if a.status != http.StatusCreated {
		return fmt.Errorf("a token for %s: %d %s", name, a.status, a.body)
	}
	w.actors[who] = actor{name: name, token: a.text("token"), typeName: "user", id: name}
	w.variables["name:"+who] = name
	return nil
}

// make creates something, with success, and returns its id.
func (w *world) make(ctx context.Context, who, path string, args ...string) (string, error) {
	body, err := document(http.MethodPost, address(path), args)
	if err != nil {
		return "", err
	}
	a, err := w.client.call(ctx, http.MethodPost, address(path), w.actors[who].token, body)
	if err == nil && a.status >= http.StatusMultipleChoices {
		err = fmt.Errorf("POST %s as %s: %d %s", path, who, a.status, a.body)
	}
	return a.text("data", "id"), err
}

// fill puts values in the place of variables.
func (w *world) fill(ctx context.Context, text string) (string, error) {
	var fault error
	filled := variable.ReplaceAllStringFunc(text, func(found string) string {
		value, err := w.value(ctx, found[1:len(found)-1])
		if err != nil {
			fault = err
		}
		return value
	})
	return filled, fault
}

// value returns the value of a variable. Some are looked up when they are first asked for.
func (w *world) value(ctx context.Context, name string) (string, error) {
	if value, known := w.variables[name]; known {
		return value, nil
	}
	if name == "fresh" {
		w.fresh++
		return w.variables["rule"] + "-" + strconv.Itoa(w.fresh), nil
	}
	if name == "administrators" {
		return w.session.administrators(ctx, w)
	}
	kind, who, _ := strings.Cut(name, ":")
	look, known := map[string]struct {
		path string
		at   []string
	}{
		"org-id":     {"/api/v2/organizations/{org}", []string{"data", "attributes", "external-id"}},
		"default":    {"/api/v2/organizations/{org}", []string{"data", "relationships", "default-project", "data", "id"}},
		"owners":     {"/api/v2/organizations/{org}/teams?filter%5Bnames%5D=owners", []string{"data", "0", "id"}},
		"membership": {"/api/v2/organizations/{org}/organization-memberships?q={name:" + who + "}", []string{"data", "0", "id"}},
		"user":       {"/api/v2/organizations/{org}/organization-memberships?q={name:" + who + "}", []string{"data", "0", "relationships", "user", "data", "id"}},
	}[kind]
	if !known {
		return "", fmt.Errorf("nothing is called {%s}", name)
	}
	path, err := w.fill(ctx, look.path)
	if err != nil {
		return "", err
	}
	a, err := w.client.call(ctx, http.MethodGet, path, w.actors[site].token, "")
	if err != nil {
		return "", err
	}
	value := a.text(look.at...)
	if value == "" {
		return "", fmt.Errorf("{%s} is not to be found: %d %s", name, a.status, a.body)
	}
	w.variables[name] = value
	return value, nil
}
