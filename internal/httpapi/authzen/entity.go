package authzen

import (
	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
)

// entities are the four members of an evaluation, before they are understood: in a batch each stands for itself
// and replaces the default as a whole (section 7.1.1).
type entities struct {
	subject, action, resource, context value
}

func entitiesOf(o object) entities {
	return entities{subject: o.get("subject"), action: o.get("action"), resource: o.get("resource"), context: o.get("context")}
}

// or fills what is absent from defaults.
func (e entities) or(defaults entities) entities {
	pick := func(own, other value) value {
		if own.null() {
			return other
		}
		return own
	}
	return entities{
		subject: pick(e.subject, defaults.subject), action: pick(e.action, defaults.action),
		resource: pick(e.resource, defaults.resource), context: pick(e.context, defaults.context),
	}
}

// wanted says which parts of a question a request must carry; a search leaves one out.
type wanted struct{ subjectID, action, resourceID bool }

// question understands entities. Every member of the protocol's form is checked; unknown ones are ignored.
func (e entities) question(w wanted) (catalog.Ask, catalog.AskOptions, error) {
	var a catalog.Ask
	var err error
	if a.SubjectType, a.SubjectID, _, err = e.subject.entity("subject", w.subjectID); err != nil {
		return a, catalog.AskOptions{}, err
	}
	if w.action {
		if a.Action, err = e.action.actionName(); err != nil {
			return a, catalog.AskOptions{}, err
		}
	}
	var properties object
	if a.ResourceType, a.ResourceID, properties, err = e.resource.entity("resource", w.resourceID); err != nil {
		return a, catalog.AskOptions{}, err
	}
	if a.Sensitive, err = properties.flag("resource.properties", "sensitive"); err != nil {
		return a, catalog.AskOptions{}, err
	}
	o, err := e.context.options()
	return a, o, err
}

// entity reads a subject or resource: type, id and properties. Where the id is what is searched for, it is
// ignored when present (section 8.4.1).
func (v value) entity(name string, withID bool) (typeName, id string, properties object, err error) {
	entity, err := v.object("", name)
	if err != nil {
		return "", "", nil, err
	}
	if entity == nil {
		return "", "", nil, fault.At(name, "is required")
	}
	if typeName, err = entity.required(name, "type"); err != nil {
		return "", "", nil, err
	}
	if withID {
		if id, err = entity.required(name, "id"); err != nil {
			return "", "", nil, err
		}
	}
	properties, err = entity.child(name, "properties")
	return typeName, id, properties, err
}

func (v value) actionName() (string, error) {
	action, err := v.object("", "action")
	if err != nil {
		return "", err
	}
	if action == nil {
		return "", fault.At("action", "is required")
	}
	if _, err := action.child("action", "properties"); err != nil {
		return "", err
	}
	return action.required("action", "name")
}

// options reads what we understand of the request context.
func (v value) options() (catalog.AskOptions, error) {
	var out catalog.AskOptions
	ctx, err := v.object("", "context")
	if err != nil || ctx == nil {
		return out, err
	}
	if out.Explain, err = ctx.flag("context", "explain"); err != nil {
		return out, err
	}
	token, err := ctx.text("context", "zedtoken")
	if err != nil {
		return out, err
	}
	level, err := ctx.text("context", "consistency")
	if err != nil {
		return out, err
	}
	out.Consistency, err = consistency(level, authz.Token(token))
	return out, err
}

// consistency reads a level; a token alone means at least as fresh as it, and nothing at all minimize_latency.
func consistency(level string, token authz.Token) (authz.Consistency, error) {
	switch level {
	case "":
		if token != "" {
			return authz.Consistency{Freshness: authz.AtLeastAsFresh, Token: token}, nil
		}
		return authz.Consistency{Freshness: authz.MinimizeLatency}, nil
	case "minimize_latency":
		return authz.Consistency{Freshness: authz.MinimizeLatency}, nil
	case "at_least_as_fresh":
		if token == "" {
			return authz.Consistency{}, fault.At("context.zedtoken", "is required for at_least_as_fresh")
		}
		return authz.Consistency{Freshness: authz.AtLeastAsFresh, Token: token}, nil
	case "fully_consistent":
		return authz.Consistency{}, nil
	}
	return authz.Consistency{}, fault.At("context.consistency", "must be minimize_latency, at_least_as_fresh or fully_consistent")
}
