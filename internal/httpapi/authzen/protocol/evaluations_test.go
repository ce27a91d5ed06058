package protocol_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// batch is the body of an evaluations request: defaults of bob applying to prod, a semantic, and items.
func batch(semantic string, items ...string) string {
	body := with(question("bob", "apply_run", "acme/prod"), `"evaluations":[`+strings.Join(items, ",")+`]`)
	if semantic != "" {
		body = with(body, `"options":{"evaluations_semantic":"`+semantic+`"}`)
	}
	return body
}

func results(decisions ...string) string {
	return `{"evaluations":[` + strings.Join(decisions, ",") + `]}`
}

// faulty is the answer to an item that makes no sense.
func faulty(message string) string {
	return fmt.Sprintf(`{"decision":false,"context":{"error":{"status":400,"message":%q}}}`, message)
}

func TestEvaluations(t *testing.T) {
	t.Parallel()
	s := start(t)
	const (
		yes   = `{}`
		no    = `{"subject":{"type":"user","id":"dave"}}`
		wrong = `{"action":{"name":7}}`
	)
	wrongAnswer := faulty("action.name must be a string")
	bare := `"action":{"name":"apply_run"},"resource":{"type":"workspace","id":"acme/prod"}`
	tests := map[string]struct{ body, want string }{
		// section 7.1: requests
		"no evaluations is a single evaluation":       {question("bob", "apply_run", "acme/prod"), allow},
		"empty evaluations is a single evaluation":    {batch(""), allow},
		"null evaluations is a single evaluation":     {with(question("dave", "read", "acme/prod"), `"evaluations":null`), deny},
		"a single evaluation with a semantic":         {batch("deny_on_first_deny"), allow},
		"one empty item takes every default":          {batch("", yes), results(allow)},
		"answers come in the order of the items":      {batch("", yes, no, yes, no, no), results(allow, deny, allow, deny, deny)},
		"an item replaces the subject":                {batch("", `{"subject":{"type":"user","id":"carol"}}`), results(deny)},
		"an item replaces the action":                 {batch("", `{"action":{"name":"delete"}}`), results(deny)},
		"an item replaces the resource":               {batch("", `{"resource":{"type":"workspace","id":"acme/nowhere"}}`), results(deny)},
		"items without defaults":                      {`{"evaluations":[` + question("bob", "apply_run", "acme/prod") + `,` + question("carol", "apply_run", "acme/prod") + `]}`, results(allow, deny)},
		"defaults that do not matter may be nonsense": {`{"subject":5,"evaluations":[` + question("bob", "read", "acme/prod") + `]}`, results(allow)},
		"unknown members in items and options":        {with(question("bob", "apply_run", "acme/prod"), `"evaluations":[{"id":"7"}],"options":{"trace":true}`), results(allow)},
		"null members of an item are absent":          {batch("", `{"subject":null,"action":null,"resource":null,"context":null}`), results(allow)},
		// whole-entity replacement, never member by member
		"an item's subject does not borrow the type":      {batch("", `{"subject":{"id":"carol"}}`), results(faulty("subject.type is required"))},
		"an item's subject does not borrow the id":        {batch("", `{"subject":{"type":"user"}}`), results(faulty("subject.id is required"))},
		"an item's resource does not borrow the id":       {batch("", `{"resource":{"type":"workspace"}}`), results(faulty("resource.id is required"))},
		"an item's action does not borrow the name":       {batch("", `{"action":{"properties":{}}}`), results(faulty("action.name is required"))},
		"an item's resource does not borrow properties":   {`{"subject":{"type":"user","id":"bob"},"action":{"name":"read_variable"},"resource":{"type":"workspace","id":"acme/prod","properties":{"sensitive":true}},"evaluations":[{},{"resource":{"type":"workspace","id":"acme/prod"}}]}`, results(deny, allow)},
		"an item's context does not borrow the default's": {with(question("bob", "apply_run", "acme/prod"), `"context":{"consistency":"eventual"},"evaluations":[{},{"context":{}}]`), results(faulty("context.consistency must be minimize_latency, at_least_as_fresh or fully_consistent"), allow)},
		// semantics
		"execute_all answers everything":               {batch("execute_all", no, yes, no), results(deny, allow, deny)},
		"deny_on_first_deny ends after the deny":       {batch("deny_on_first_deny", yes, yes, no, yes), results(allow, allow, deny)},
		"deny_on_first_deny without a deny":            {batch("deny_on_first_deny", yes, yes), results(allow, allow)},
		"deny_on_first_deny at the first":              {batch("deny_on_first_deny", no, yes), results(deny)},
		"permit_on_first_permit ends after the permit": {batch("permit_on_first_permit", no, yes, no), results(deny, allow)},
		"permit_on_first_permit without a permit":      {batch("permit_on_first_permit", no, no), results(deny, deny)},
		"an error item is a deny for deny_on_first":    {batch("deny_on_first_deny", yes, wrong, yes), results(allow, wrongAnswer)},
		"an error item is no permit":                   {batch("permit_on_first_permit", wrong, yes, no), results(wrongAnswer, allow)},
		// section 7.2: errors of items
		"one bad item among good ones":    {batch("", yes, wrong, no), results(allow, wrongAnswer, deny)},
		"an item that is no object":       {batch("", yes, `[]`, `7`, `null`), results(allow, faulty("an evaluation must be an object"), faulty("an evaluation must be an object"), faulty("an evaluation must be an object"))},
		"a lone item without subject":     {`{"evaluations":[{` + bare + `}]}`, results(faulty("subject is required"))},
		"a lone item without anything":    {`{"evaluations":[{}]}`, results(faulty("subject is required"))},
		"a lone item with a bad token":    {batch("", `{"context":{"zedtoken":"nonsense"}}`), results(faulty("context.zedtoken the consistency token is malformed"))},
		"a bad token among good items":    {batch("", yes, `{"context":{"zedtoken":"nonsense"}}`, no), results(allow, faulty("context.zedtoken the consistency token is malformed"), deny)},
		"items of different consistency":  {batch("", `{"context":{"consistency":"fully_consistent"}}`, no, `{"context":{"consistency":"minimize_latency"}}`), results(allow, deny, allow)},
		"an unknown subject in a batch":   {batch("", `{"subject":{"type":"robot","id":"r2"}}`, yes), results(deny, allow)},
		"nothing but unknown in a batch":  {batch("", `{"subject":{"type":"robot","id":"r2"}}`, `{"action":{"name":"levitate"}}`), results(deny, deny)},
		"a question twice is answered so": {batch("", yes, no, yes), results(allow, deny, allow)},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := s.ask(t, evaluations, s.asker, test.body)
			expect(t, got, http.StatusOK, test.want)
			if got.Header.Get("Decision-Id") == "" {
				t.Error("the answer has no Decision-Id")
			}
		})
	}
}

func TestEvaluationsThatAreRefused(t *testing.T) {
	t.Parallel()
	s := start(t)
	many := strings.TrimSuffix(strings.Repeat("{},", 1001), ",")
	tests := map[string]struct{ body, want string }{
		"an unknown semantic":             {batch("first_come", `{}`), `"options.evaluations_semantic must be execute_all, deny_on_first_deny or permit_on_first_permit"`},
		"a semantic in capitals":          {batch("EXECUTE_ALL", `{}`), `"options.evaluations_semantic must be execute_all, deny_on_first_deny or permit_on_first_permit"`},
		"a semantic that is no string":    {with(question("bob", "read", "acme/prod"), `"options":{"evaluations_semantic":1},"evaluations":[{}]`), `"options.evaluations_semantic must be a string"`},
		"an unknown semantic, no items":   {batch("first_come"), `"options.evaluations_semantic must be execute_all, deny_on_first_deny or permit_on_first_permit"`},
		"options that are no object":      {with(question("bob", "read", "acme/prod"), `"options":[],"evaluations":[{}]`), `"options must be an object"`},
		"evaluations that are no array":   {with(question("bob", "read", "acme/prod"), `"evaluations":{}`), `"evaluations must be an array"`},
		"a single one without subject":    {`{"evaluations":[]}`, `"subject is required"`},
		"more items than a batch holds":   {batch("", many), `"evaluations must not hold more than 1000 items"`},
		"a name twice inside of an item":  {batch("", `{"action":{"name":"read","name":"delete"}}`), `"the name \"name\" stands twice in one object"`},
		"two evaluations, the same names": {`{"evaluations":[],"evaluations":[]}`, `"the name \"evaluations\" stands twice in one object"`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			expect(t, s.ask(t, evaluations, s.asker, test.body), http.StatusBadRequest, test.want)
		})
	}
	t.Run("as many as a batch holds", func(t *testing.T) {
		t.Parallel()
		got := s.ask(t, evaluations, s.asker, batch("", strings.TrimSuffix(many, ",{}")))
		if n := strings.Count(got.Body, allow); got.Status != http.StatusOK || n != 1000 {
			t.Errorf("status %d with %d decisions, want 200 with 1000", got.Status, n)
		}
	})
}
