package entra

import (
	"context"
	"net/url"

	"github.com/terrawarden/terrawarden/internal/fault"
)

// GroupsOf returns the ids of the groups that a user is in, also through others: what a token points to instead of naming them
// when they are too many. Errors: Invalid without an object id; Unavailable where Graph does not say, also above its own limit
// of 11,000.
func (s *Source) GroupsOf(ctx context.Context, objectID string) ([]string, error) {
	if objectID == "" {
		return nil, fault.At("object-id", "is required")
	}
	t := s.open()
	defer t.client.Close()
	target := "/users/" + url.PathEscape(objectID) + "/getMemberGroups"
	reply, err := t.client.PostJSON(ctx, target, []byte(`{"securityEnabledOnly":false}`))
	if err != nil {
		return nil, err
	}
	var a struct {
		Value *[]string `json:"value"`
		Next  string    `json:"@odata.nextLink"`
	}
	if err := reply.Decode(&a); err != nil {
		return nil, err
	}
	if a.Value == nil {
		return nil, reply.Missing("value")
	}
	if a.Next != "" {
		return nil, reply.Refuse("it names only a part of the groups")
	}
	return *a.Value, nil
}
