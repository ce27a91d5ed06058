package client

import (
	"context"
	"errors"
	"net/http"
)

// Check asks one question. What the service does not know is denied, like anything else that is not allowed.
func (c *Client) Check(ctx context.Context, q Question) (Answer, error) {
	var a Answer
	d, err := c.do(ctx, call{method: http.MethodPost, path: "/access/v1/evaluation", body: c.wire(q), asks: true, into: &a})
	if err != nil {
		return Answer{}, err
	}
	a.ZedToken, a.DecisionID = d.ZedToken, d.DecisionID
	return a, nil
}

// Explain asks one question, and why.
func (c *Client) Explain(ctx context.Context, q Question) (Answer, error) {
	q.explain = true
	return c.Check(ctx, q)
}

// Semantic says when the answers to many questions end.
type Semantic string

// The semantics of many questions.
const (
	ExecuteAll          Semantic = "execute_all"            // all are answered
	DenyOnFirstDeny     Semantic = "deny_on_first_deny"     // the first no is the last answer
	PermitOnFirstPermit Semantic = "permit_on_first_permit" // the first yes is the last answer
)

// maxBatch is how many questions the service takes at once.
const maxBatch = 1000

// CheckAll asks many questions, a thousand at a time, and returns their answers in order: as many as there are
// questions, or fewer where the semantic ends them early. "" answers all. A question that makes no sense is denied, with
// the reason in its Context.
func (c *Client) CheckAll(ctx context.Context, questions []Question, s Semantic) ([]Answer, error) {
	out := make([]Answer, 0, len(questions))
	for len(questions) > 0 {
		n := min(len(questions), maxBatch)
		answers, err := c.checkBatch(ctx, questions[:n], s)
		if err != nil {
			return nil, err
		}
		out = append(out, answers...)
		if len(answers) < n || ends(s, answers[n-1]) {
			return out, nil
		}
		questions = questions[n:]
	}
	return out, nil
}

// ends reports whether no further question is asked after an answer.
func ends(s Semantic, a Answer) bool {
	return s == DenyOnFirstDeny && !a.Allowed || s == PermitOnFirstPermit && a.Allowed
}

func (c *Client) checkBatch(ctx context.Context, questions []Question, s Semantic) ([]Answer, error) {
	body := struct {
		Evaluations []wireQuestion    `json:"evaluations"`
		Options     map[string]string `json:"options,omitempty"`
	}{}
	for _, q := range questions {
		body.Evaluations = append(body.Evaluations, c.wire(q))
	}
	if s != "" {
		body.Options = map[string]string{"evaluations_semantic": string(s)}
	}
	var answers struct {
		Evaluations []Answer `json:"evaluations"`
	}
	d, err := c.do(ctx, call{method: http.MethodPost, path: "/access/v1/evaluations", body: body, asks: true, into: &answers})
	if err != nil {
		return nil, err
	}
	if n := len(answers.Evaluations); n == 0 || n > len(questions) || n < len(questions) && !ends(s, answers.Evaluations[n-1]) {
		return nil, errors.New("the service answered another number of questions than it was asked")
	}
	for i := range answers.Evaluations {
		answers.Evaluations[i].ZedToken, answers.Evaluations[i].DecisionID = d.ZedToken, d.DecisionID
	}
	return answers.Evaluations, nil
}
