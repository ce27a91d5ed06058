package rules

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const maxAnswer = 8 << 20

// client speaks to one server.
type client struct {
	url string
}

// answer is what a server said.
type answer struct {
	status int
	body   string
	parsed any
}

func (c *client) call(ctx context.Context, method, path, token, body string) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, c.url+path, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	media := mediaJSON
	if speaksJSONAPI(path) {
		media = mediaJSONAPI
	}
	if method != http.MethodGet {
		req.Header.Set("Content-Type", media)
	}
	req.Header.Set("Accept", media)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return answer{}, err
	}
	a := answer{status: res.StatusCode, body: strings.TrimSpace(string(text))}
	_ = json.Unmarshal(text, &a.parsed) // an answer without a document has nothing to look at
	return a, nil
}

// at walks into a document; a number names an item of a list.
func at(node any, names ...string) any {
	for _, name := range names {
		switch v := node.(type) {
		case map[string]any:
			node = v[name]
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i >= len(v) {
				return nil
			}
			node = v[i]
		default:
			return nil
		}
	}
	return node
}

// text returns a string of the answer, "" where there is none.
func (a answer) text(names ...string) string {
	text, _ := at(a.parsed, names...).(string)
	return text
}

// attribute returns a value as text: of the resource's attributes, of the resource, or of the whole answer.
func (a answer) attribute(names []string) string {
	for _, root := range []any{at(a.parsed, "data", "attributes"), at(a.parsed, "data"), a.parsed} {
		if value := at(root, names...); value != nil {
			return fmt.Sprint(value)
		}
	}
	return "nothing"
}

// shows reports whether some text in the answer is exactly this one.
func (a answer) shows(text string) bool { return contains(a.parsed, text) }

func contains(node any, text string) bool {
	switch v := node.(type) {
	case string:
		return v == text
	case []any:
		for _, item := range v {
			if contains(item, text) {
				return true
			}
		}
	case map[string]any:
		for _, item := range v {
			if contains(item, text) {
				return true
			}
		}
	}
	return false
}
