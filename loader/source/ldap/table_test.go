package ldap_test

import (
	"strings"
	"testing"

	"github.com/terrawarden/terrawarden/loader/directory"
	"github.com/terrawarden/terrawarden/loader/sourcetest"
)

// wrongs are what a directory that speaks LDAP does wrong with an answer, and what it had to say.
func wrongs() map[sourcetest.Fault]func(a asked, r *reply, list []object) {
	code := func(code int64) func(asked, *reply, []object) {
		return func(a asked, r *reply, list []object) {
			if len(a.cookie) < len(list) { // limits and others come in the middle of a page
				o := list[len(a.cookie)]
				r.entry(o.dn, o.attrs)
			}
			r.done(code, "words of the directory")
		}
	}
	return map[sourcetest.Fault]func(asked, *reply, []object){
		"drop":          func(_ asked, r *reply, _ []object) { r.drop() },
		"drop-mid-page": func(a asked, r *reply, list []object) { o := list[len(a.cookie)]; r.entry(o.dn, o.attrs); r.drop() },
		"no-ldap": func(_ asked, r *reply, _ []object) {
			_, _ = r.conn.Write([]byte("<html>Please sign in</html>"))
			r.drop()
		},
		"operations-1":    code(1),
		"time-limit-3":    code(3),
		"size-limit-4":    code(4),
		"referral-10":     code(10),
		"admin-limit-11":  code(11),
		"no-object-32":    code(32),
		"no-rights-50":    code(50),
		"busy-51":         code(51),
		"unavailable-52":  code(52),
		"unwilling-53":    code(53),
		"reference":       func(a asked, r *reply, list []object) { r.reference("ldap://evil.example/"); turn(a, r, list, 0) },
		"page-unmarked":   func(_ asked, r *reply, list []object) { all(r, list); r.done(0, "") },
		"page-empty":      func(a asked, r *reply, _ []object) { r.page(0, a.cookie+"+") },
		"page-again":      func(a asked, r *reply, list []object) { turn(asked{size: a.size}, r, list, len(a.cookie)) },
		"estimate-lies":   func(a asked, r *reply, list []object) { turn(a, r, list, 0, 1_000_000) },
		"empty-success":   func(_ asked, r *reply, _ []object) { r.page(0, "") },
		"id-missing":      change("entryUUID"),
		"username-hidden": change("uid", "cn"),
		"members-hidden":  change("member"),
	}
}

func all(r *reply, list []object) {
	for _, o := range list[:min(len(list), sourcetest.PageSize)] {
		r.entry(o.dn, o.attrs)
	}
}

// turn answers a page of a list. A cookie is as long as what has been sent; ahead is what it is too long by.
func turn(a asked, r *reply, list []object, ahead int, estimate ...int64) {
	from := min(len(strings.TrimRight(a.cookie, "+")), len(list))
	to := min(from+int(a.size), len(list))
	for _, o := range list[from:to] {
		r.entry(o.dn, o.attrs)
	}
	to += ahead
	cookie := ""
	if to < len(list) {
		cookie = strings.Repeat("x", to)
	}
	r.page(append(estimate, 0)[0], cookie)
}

// change hides attributes of all entries.
func change(hidden ...string) func(a asked, r *reply, list []object) {
	return func(a asked, r *reply, list []object) {
		out := make([]object, 0, len(list))
		for _, o := range list {
			attrs := map[string][]string{}
			for name, values := range o.attrs {
				attrs[name] = values
			}
			for _, name := range hidden {
				delete(attrs, name)
			}
			out = append(out, object{o.dn, attrs})
		}
		turn(a, r, out, 0)
	}
}

// entries returns a model as this directory holds it.
func entries(m sourcetest.Model) (people, groups []object) {
	dns := map[string]string{}
	for _, u := range m.People {
		dn := "uid=" + u.Username + ",ou=people,dc=example"
		dns[u.ID] = dn
		attrs := map[string][]string{"entryUUID": {u.ID}, "uid": {u.Username}, "mail": {u.Email}}
		if u.Disabled {
			attrs["pwdAccountLockedTime"] = []string{"000001010000Z"}
		}
		people = append(people, object{dn, attrs})
	}
	for _, g := range m.Groups {
		dns[g.ID] = "cn=" + g.Name + ",ou=groups,dc=example"
	}
	for _, g := range m.Groups {
		members := []string{}
		for _, id := range append(append([]string{}, g.Members...), g.Groups...) {
			members = append(members, dns[id])
		}
		if len(members) == 0 {
			members = []string{"cn=placeholder"} // groupOfNames must have one
		}
		groups = append(groups, object{dns[g.ID], map[string][]string{"entryUUID": {g.ID}, "cn": {g.Name}, "objectClass": {"groupOfNames"}, "member": members}})
	}
	return people, groups
}

func TestTableOfFaults(t *testing.T) {
	t.Parallel()
	own := map[sourcetest.Fault]bool{}
	for name := range wrongs() {
		own[name], own["passing-"+name] = false, true
	}
	// A directory that is empty for good looks like one that was emptied: the guard of the empty source holds the plan.
	delete(own, "empty-success")
	sourcetest.Run(t, sourcetest.Subject{
		Name: "ldap", Own: own,
		New: func(t *testing.T, m sourcetest.Model, trouble *sourcetest.Trouble) directory.Source {
			t.Helper()
			people, groups := entries(m)
			set := serve(t, func(a asked, r *reply) {
				list := people
				if strings.Contains(a.base, "ou=groups") {
					list = groups
				}
				if trouble.Strikes() {
					wrongs()[sourcetest.Fault(strings.TrimPrefix(string(trouble.Fault), "passing-"))](a, r, list)
					return
				}
				turn(a, r, list, 0)
			})
			set.PageSize = sourcetest.PageSize
			return newSource(t, set)
		},
	})
}
