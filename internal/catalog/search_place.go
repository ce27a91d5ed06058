package catalog

import (
	"context"
	"encoding/json"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// Place is an organization, or a project, workspace or stack in one, as lists name it.
type Place struct {
	ID           string
	Organization string // the organization's name
	Name         string // its own name in it, "" for the organization itself
}

// Path returns what people call the place: "acme", "acme/prod".
func (p Place) Path() string {
	if p.Name == "" {
		return p.Organization
	}
	return p.Organization + "/" + p.Name
}

// isPlace reports whether objects of a type are listed by path.
func isPlace(objectType string) bool {
	return schema.IsScope(objectType) && objectType != schema.TypePlatform
}

// key returns what finds the page that begins behind the place.
func (p Place) key() (string, error) {
	raw, err := json.Marshal([]string{p.Organization, p.Name})
	return string(raw), err
}

// placeOf returns the place that a page begins behind. It need not exist any more.
func placeOf(key string) (Place, error) {
	if key == "" {
		return Place{}, nil
	}
	var names []string
	if err := json.Unmarshal([]byte(key), &names); err != nil || len(names) != 2 {
		return Place{}, fault.At("page", "begins nowhere in this search")
	}
	return Place{Organization: names[0], Name: names[1]}, nil
}

const (
	// placeBatch is how many places are read and confirmed at a time where all are wanted.
	placeBatch = 1000
	// placeRounds bounds how often a page reads on because places it read were not confirmed.
	placeRounds = 10
)

// visible are the places of a type on which a subject holds a permission. The engine says where he holds it, the
// catalog which places are there and in which order; and of every place that is shown the engine has said that he
// holds it there.
type visible struct {
	service  *Service
	question authz.Question // of which the resource is missing
	filter   PlaceFilter
	token    authz.Token // of the extent; no decision is older
}

// visible finds out where a subject holds a permission.
func (s *Service) visible(ctx context.Context, subject authz.Object, permission schema.Permission, objectType string, c authz.Consistency) (visible, error) {
	extent, token, err := s.engine.Extent(ctx, subject, permission, objectType, c)
	return visible{
		service: s, token: token,
		question: authz.Question{Subject: subject, Permission: permission.On(objectType)},
		filter:   PlaceFilter{Type: objectType, Within: extent.Scopes},
	}, err
}

// count returns how many places there are on all pages.
func (v visible) count(ctx context.Context) (int, error) {
	return v.service.store.CountPlaces(ctx, v.filter)
}

// page returns up to limit places behind one, all of them for 0, and the place behind which the next page begins, none
// at the end. What changes between two calls may be missed or shown twice, if it changes its name; nothing else is.
func (v visible) page(ctx context.Context, after Place, limit int) (places []Place, next Place, err error) {
	f := v.filter
	f.After, f.Limit = after, limit+1 // one more tells whether there is another page
	if limit == 0 {
		f.Limit = placeBatch
	}
	for round := 0; limit == 0 || round < placeRounds; round++ {
		read, err := v.service.store.Places(ctx, f)
		if err != nil {
			return nil, Place{}, err
		}
		confirmed, err := v.confirm(ctx, read)
		if err != nil {
			return nil, Place{}, err
		}
		places = append(places, confirmed...)
		switch {
		case limit > 0 && len(places) > limit:
			return places[:limit], places[limit-1], nil
		case len(read) < f.Limit:
			return places, Place{}, nil
		}
		f.After = read[len(read)-1]
	}
	return places, f.After, nil
}

// confirm keeps the places on which the subject holds the permission. Only what was changed since the extent was found
// is ever dropped.
func (v visible) confirm(ctx context.Context, places []Place) ([]Place, error) {
	if len(places) == 0 {
		return nil, nil
	}
	questions := make([]authz.Question, len(places))
	for i, p := range places {
		questions[i] = v.question
		questions[i].Resource = authz.Object{Type: v.filter.Type, ID: p.ID}
	}
	allowed, _, err := v.service.engine.CheckAll(ctx, questions, authz.Consistency{Freshness: authz.AtLeastAsFresh, Token: v.token})
	if err != nil {
		return nil, err
	}
	kept := make([]Place, 0, len(places))
	for i, p := range places {
		if allowed[i] {
			kept = append(kept, p)
		}
	}
	return kept, nil
}

// found returns a page of the places as a search answers it.
func (v visible) found(ctx context.Context, t Totals, page Page) ([]Found, Totals, error) {
	after, err := placeOf(page.After)
	if err != nil {
		return nil, Totals{}, err
	}
	places, next, err := v.page(ctx, after, page.Limit)
	if err != nil {
		return nil, Totals{}, err
	}
	t.Token, t.Total = v.token, len(places)
	if next != (Place{}) {
		if t.Next, err = next.key(); err != nil {
			return nil, Totals{}, err
		}
	}
	if t.Next != "" || page.After != "" { // these are not all
		if t.Total, err = v.count(ctx); err != nil {
			return nil, Totals{}, err
		}
	}
	out := make([]Found, len(places))
	for i, p := range places {
		out[i] = Found{Object: authz.Object{Type: v.filter.Type, ID: p.ID}, Name: p.Path()}
	}
	return out, t, nil
}
