package rival

import (
	"bytes"
	"context"
	"fmt"
	"net/http"

	"github.com/terrawarden/terrawarden/bench/estate"
	"github.com/terrawarden/terrawarden/bench/measure"
	"github.com/terrawarden/terrawarden/bench/wire"
)

// overHTTP asks a system over HTTP. Every HTTP system is asked by this one client.
type overHTTP struct {
	running
	request  func(q estate.Question) []byte // builds one request
	yes, no  []byte                         // what tells the answers apart
	requests [][]byte
}

// Prepare builds the requests.
func (s *overHTTP) Prepare(questions []estate.Question) {
	s.requests = make([][]byte, len(questions))
	for i, q := range questions {
		s.requests[i] = s.request(q)
	}
}

// Dial opens one connection.
func (s *overHTTP) Dial(ctx context.Context) (measure.Asker, error) {
	conn, err := wire.Dial(ctx, s.Address())
	if err != nil {
		return nil, err
	}
	return &httpAsker{Conn: conn, system: s}, nil
}

type httpAsker struct {
	*wire.Conn
	system *overHTTP
}

// Ask puts one question.
func (a *httpAsker) Ask(_ context.Context, question int) (bool, error) {
	status, body, err := a.Do(a.system.requests[question])
	if err != nil {
		return false, fmt.Errorf("%s: %w", a.system.name, err)
	}
	switch {
	case status == http.StatusOK && bytes.Contains(body, a.system.yes):
		return true, nil
	case status == http.StatusOK && bytes.Contains(body, a.system.no):
		return false, nil
	}
	return false, fmt.Errorf("%s answered %d %.300s", a.system.name, status, body)
}
