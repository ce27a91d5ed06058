package rules

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// StepError is a step that was not answered as its rule says.
type StepError struct {
	Rule    string
	Step    Step
	Who     string
	Request string // the line of the request, and its body
	Answer  string // the status and the body
	Reason  string
}

// Error tells everything that is needed to make the call again.
func (f *StepError) Error() string {
	return fmt.Sprintf("%s, line %d, %s as %s: %s\n  step: %s\n  sent: %s\n  got:  %s", f.Rule, f.Step.Line, f.Step.Section, f.Who, f.Reason, f.Step.Text, f.Request, f.Answer)
}

// take lets somebody take a step.
func (w *world) take(ctx context.Context, s Step, who string) *StepError {
	f := &StepError{Who: who}
	var err error
	switch {
	case s.Login:
		err = w.login(ctx, s, who)
	case s.Method != "":
		err = w.call(ctx, s, who, f)
	default:
		err = w.ask(ctx, s, who, f)
	}
	if err == nil {
		return nil
	}
	f.Reason = err.Error()
	return f
}

// call makes a call and compares the answer.
func (w *world) call(ctx context.Context, s Step, who string, f *StepError) error {
	path, err := w.fill(ctx, address(s.Path))
	if err != nil {
		return err
	}
	args := make([]string, len(s.Args))
	for i, arg := range s.Args {
		if args[i], err = w.fill(ctx, arg); err != nil {
			return err
		}
	}
	body, err := document(s.Method, path, args)
	if err != nil {
		return err
	}
	f.Request = s.Method + " " + path + " " + body
	a, err := w.client.call(ctx, s.Method, path, w.actors[who].token, body)
	if err != nil {
		return err
	}
	f.Answer = fmt.Sprintf("%d %s", a.status, a.body)
	if got := fmt.Sprint(a.status); got != s.Status && got[:1]+"xx" != s.Status {
		return fmt.Errorf("status %s, want %s", got, s.Status)
	}
	if err := w.compare(ctx, s, a); err != nil {
		return err
	}
	return w.keep(s, a)
}

// keep remembers what a call made.
func (w *world) keep(s Step, a answer) error {
	if s.As == "" {
		return nil
	}
	id := a.text("data", "id")
	if id == "" {
		id = a.text("id")
	}
	secret := a.text("data", "attributes", "token")
	if secret == "" {
		secret = a.text("token")
	}
	if s.issuesToken() && secret == "" || !s.issuesToken() && id == "" {
		return fmt.Errorf("the answer has nothing to be called %s", s.As)
	}
	if s.issuesToken() {
		w.actors[s.As] = actor{token: secret, typeName: tokenType(s.Path), id: id}
	}
	w.variables[s.As] = id
	return nil
}

// tokenType is the type of a token as the subject of a check.
func tokenType(path string) string {
	if strings.HasPrefix(path, "teams/") {
		return "team_token"
	}
	return "organization_token"
}

// compare looks at the body of an answer.
func (w *world) compare(ctx context.Context, s Step, a answer) error {
	for _, list := range []struct {
		wanted bool
		values []string
	}{{true, s.Shows}, {false, s.Hides}} {
		for _, value := range list.values {
			value, err := w.fill(ctx, value)
			if err != nil {
				return err
			}
			if a.shows(value) != list.wanted {
				return fmt.Errorf("the answer shows %s: %v, want %v", value, !list.wanted, list.wanted)
			}
		}
	}
	for _, has := range s.Has {
		has, err := w.fill(ctx, has)
		if err != nil {
			return err
		}
		name, want, _ := strings.Cut(has, "=")
		if got := a.attribute(strings.Split(name, ".")); got != want {
			return fmt.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	return nil
}

// ask checks permissions by the AuthZEN interface, as the site admin.
func (w *world) ask(ctx context.Context, s Step, who string, f *StepError) error {
	subject, err := w.subject(ctx, who)
	if err != nil {
		return err
	}
	typeName, id, _ := strings.Cut(s.Object, ":")
	if id, err = w.fill(ctx, id); err != nil {
		return err
	}
	object := map[string]any{"type": typeName, "id": id}
	if s.Sensitive {
		object["properties"] = map[string]bool{"sensitive": true}
	}
	for _, action := range s.Actions {
		body, err := json.Marshal(map[string]any{"subject": subject, "action": map[string]string{"name": action}, "resource": object})
		if err != nil {
			return err
		}
		const path = "/access/v1/evaluation"
		f.Request = "POST " + path + " " + string(body)
		a, err := w.client.call(ctx, http.MethodPost, path, w.actors[site].token, string(body))
		if err != nil {
			return err
		}
		f.Answer = fmt.Sprintf("%d %s", a.status, a.body)
		want := fmt.Sprint(!s.Not)
		if got := a.attribute([]string{"decision"}); a.status != http.StatusOK || got != want {
			return fmt.Errorf("%s: decision %s, want %s", action, got, want)
		}
	}
	return nil
}

// subject is somebody as a check names him; TYPE:NAME names a thing by its variable.
func (w *world) subject(ctx context.Context, who string) (map[string]string, error) {
	if typeName, id, named := strings.Cut(who, ":"); named {
		filled, err := w.fill(ctx, id)
		return map[string]string{"type": typeName, "id": filled}, err
	}
	a := w.actors[who]
	return map[string]string{"type": a.typeName, "id": a.id}, nil
}

// login gives somebody a token of the identity provider. The server learns of it by the next call.
func (w *world) login(ctx context.Context, s Step, who string) error {
	if w.session.Issuer == nil {
		return errors.New("the server knows no identity provider")
	}
	groups := make([]string, len(s.Groups))
	for i, name := range s.Groups {
		var err error
		if groups[i], err = w.fill(ctx, name); err != nil {
			return err
		}
	}
	email := w.variables["rule"] + "-" + who + "@example.com"
	token, err := w.session.Issuer.sign(email, groups, s.Forged)
	w.actors[who] = actor{name: email, token: token, typeName: "user", id: email}
	w.variables["name:"+who] = email
	return err
}
