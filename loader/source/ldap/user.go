package ldap

import (
	"fmt"
	"strconv"
	"strings"

	goldap "github.com/go-ldap/ldap/v3"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/loader/directory"
)

// What directories say of an account that may not be used.
const (
	accountControl = "userAccountControl"   // Active Directory: flags
	lockedTime     = "pwdAccountLockedTime" // OpenLDAP's password policy
	accountLock    = "nsAccountLock"        // 389

	accountDisabled = 0x2             // of userAccountControl
	lockedForGood   = "000001010000Z" // of pwdAccountLockedTime; any other time is a lock that passes
)

// users reads the people, or those who have changed since a time, and notes what they are called.
func (r *reader) users(since string) (users []directory.User, cut string, err error) {
	a := r.settings.Attributes
	users, at, keyless := []directory.User{}, map[string]int{}, 0
	var partly string
	cut, err = r.list(search{
		what: "search people", twice: since == "", base: r.settings.UserBase, filter: r.changedSince(r.settings.UserFilter, since),
		attrs: r.attrs(a.Username, a.Mail, accountControl, lockedTime, accountLock),
	}, func(e *goldap.Entry) {
		r.saw(e)
		user, why := r.user(e)
		if user.ID == "" {
			keyless++
		}
		if why != "" {
			partly = why
			return
		}
		r.people.add(r.settings.called(e), user.ID)
		if i, twice := at[user.ID]; twice { // it moved while we read: the later is how it is
			users[i] = user
			return
		}
		at[user.ID] = len(users)
		users = append(users, user)
	})
	if err == nil && len(users) == 0 && keyless > 0 {
		return nil, "", fault.New(fault.Denied, "the directory shows people and not their %s, which they are known by", a.ID)
	}
	return users, orElse(cut, partly), err
}

// user returns the person of an entry, or why he cannot be told.
func (r *reader) user(e *goldap.Entry) (directory.User, string) {
	a := r.settings.Attributes
	user := directory.User{ID: r.settings.identity(e), Username: label(e, a.Username), Email: label(e, a.Mail)}
	switch {
	case user.ID == "":
		return user, fmt.Sprintf("%s has no single %s", e.DN, a.ID)
	case user.Username == "":
		return user, fmt.Sprintf("%s has no %s: choose those who have by the filter of people", e.DN, a.Username)
	}
	var why string
	user.Disabled, why = disabled(e)
	return user, why
}

// disabled reports whether the account of an entry may not be used, or why that cannot be told.
func disabled(e *goldap.Entry) (bool, string) {
	if text := e.GetEqualFoldAttributeValue(accountControl); text != "" {
		flags, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return false, fmt.Sprintf("%s has a %s that is no number", e.DN, accountControl)
		}
		if flags&accountDisabled != 0 {
			return true, ""
		}
	}
	return e.GetEqualFoldAttributeValue(lockedTime) == lockedForGood ||
		strings.EqualFold(e.GetEqualFoldAttributeValue(accountLock), "true"), ""
}

// called returns what members of groups call a person.
func (s Settings) called(e *goldap.Entry) string {
	if s.byUsername() {
		return foldName(label(e, s.Attributes.Username))
	}
	return foldDN(e.DN)
}

func orElse(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
