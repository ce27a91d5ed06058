package ldap

import (
	"cmp"
	"errors"
	"net/url"
	"regexp"
	"time"

	goldap "github.com/go-ldap/ldap/v3"

	"github.com/terrawarden/terrawarden/internal/fault"
)

// Kind says how a directory writes down groups. It chooses the defaults of filters and attributes.
type Kind string

// The kinds.
const (
	// KindRFC2307bis has groups that list the DNs of their members: groupOfNames.
	KindRFC2307bis Kind = "rfc2307bis"
	// KindRFC2307 has groups that list the usernames of their members: posixGroup. They do not nest.
	KindRFC2307 Kind = "rfc2307"
	// KindActiveDirectory is Microsoft's, and Samba's.
	KindActiveDirectory Kind = "active-directory"
)

// Settings are where a directory is and how it is read.
type Settings struct {
	URL      string // ldaps://host, or ldap://host with StartTLS; ldap:// alone on the own machine
	StartTLS bool
	CAFile   string // PEM; the only authorities then. "": those of the system. Read anew at every run

	BindDN string // "": anonymously
	// Password returns the password of BindDN. It is asked at every run, so that it may change in between.
	Password func() (string, error)

	Kind        Kind // "": KindRFC2307bis
	UserBase    string
	UserFilter  string
	GroupBase   string // "": UserBase
	GroupFilter string
	Attributes  Attributes

	// MatchingRule leaves nesting to Active Directory (LDAP_MATCHING_RULE_IN_CHAIN): everybody in a group at any depth
	// is a member, in a search for each group. Otherwise nested groups are groups.
	MatchingRule bool

	PageSize   int           // entries in an answer; 0: 500
	Timeout    time.Duration // for each answer; 0: 30 s
	MaxEntries int           // people, and groups; more are not read, and the list is incomplete. 0: 500,000

	// Settle is how long the directory may take, after somebody was renamed, to rename him in his groups. Where a group
	// names somebody who is not there, it is looked at again after so long. 0: 2 s; negative: at once.
	Settle time.Duration

	Now func() time.Time // nil: the clock of the machine
}

// Attributes are names of attributes; "" takes that of the kind.
type Attributes struct {
	ID       string // of people and groups, never changes
	Username string
	Mail     string
	Name     string // of a group
	Member   string
	// Changed is when an entry was changed; "-": the directory does not say, and every read is a full one.
	Changed string
}

// NoIncrements is the attribute Changed of a directory that is to be read wholly each time.
const NoIncrements = none

// none is an attribute that a directory does not have.
const none = "-"

const (
	defaultPage    = 500
	defaultTimeout = 30 * time.Second
	defaultEntries = 500_000
	defaultSettle  = 2 * time.Second
	maxPage        = 10_000
)

// complete returns the settings with their defaults.
func (s Settings) complete() Settings {
	s.Kind = cmp.Or(s.Kind, KindRFC2307bis)
	d := s.Kind.defaults()
	s.UserFilter = cmp.Or(s.UserFilter, d.UserFilter)
	s.GroupFilter = cmp.Or(s.GroupFilter, d.GroupFilter)
	s.GroupBase = cmp.Or(s.GroupBase, s.UserBase)
	s.Attributes = Attributes{
		ID:       cmp.Or(s.Attributes.ID, d.Attributes.ID),
		Username: cmp.Or(s.Attributes.Username, d.Attributes.Username),
		Mail:     cmp.Or(s.Attributes.Mail, d.Attributes.Mail),
		Name:     cmp.Or(s.Attributes.Name, d.Attributes.Name),
		Member:   cmp.Or(s.Attributes.Member, d.Attributes.Member),
		Changed:  cmp.Or(s.Attributes.Changed, d.Attributes.Changed),
	}
	s.PageSize = cmp.Or(s.PageSize, defaultPage)
	s.Timeout = cmp.Or(s.Timeout, defaultTimeout)
	s.MaxEntries = cmp.Or(s.MaxEntries, defaultEntries)
	s.Settle = cmp.Or(s.Settle, defaultSettle)
	if s.Now == nil {
		s.Now = time.Now //nolint:forbidigo // the default of an injected clock
	}
	return s
}

// defaults returns the filters and attributes of a kind. The filters ask for the username, so that an entry without one
// is no person.
func (k Kind) defaults() Settings {
	open := Attributes{ID: "entryUUID", Username: "uid", Mail: "mail", Name: "cn", Member: "member", Changed: "modifyTimestamp"}
	switch k {
	case KindRFC2307bis:
		return Settings{
			UserFilter:  "(&(objectClass=person)(uid=*))",
			GroupFilter: "(|(objectClass=groupOfNames)(objectClass=groupOfMembers))",
			Attributes:  open,
		}
	case KindRFC2307:
		open.Member = "memberUid"
		return Settings{UserFilter: "(&(objectClass=posixAccount)(uid=*))", GroupFilter: "(objectClass=posixGroup)", Attributes: open}
	case KindActiveDirectory:
		return Settings{
			UserFilter:  "(&(objectCategory=person)(objectClass=user)(sAMAccountName=*))",
			GroupFilter: "(objectClass=group)",
			Attributes:  Attributes{ID: "objectGUID", Username: "sAMAccountName", Mail: "mail", Name: "cn", Member: "member", Changed: "whenChanged"},
		}
	}
	return Settings{Attributes: open}
}

// byUsername reports whether groups list usernames instead of DNs.
func (s Settings) byUsername() bool { return s.Kind == KindRFC2307 }

// Validate returns everything that is wrong with the settings, joined.
func (s Settings) Validate() error {
	s = s.complete()
	faults := s.addressFaults()
	switch s.Kind {
	case KindRFC2307bis, KindRFC2307, KindActiveDirectory:
	default:
		faults = append(faults, fault.At("kind", "is none of %s, %s and %s", KindRFC2307bis, KindRFC2307, KindActiveDirectory))
	}
	switch {
	case s.BindDN != "" && s.Password == nil:
		faults = append(faults, fault.At("password", "is missing"))
	case s.BindDN == "" && s.Password != nil:
		faults = append(faults, fault.At("bind-dn", "is missing: there is a password"))
	case s.Kind != KindActiveDirectory && !isDN(s.BindDN): // which takes user@domain as well
		faults = append(faults, fault.At("bind-dn", "is no distinguished name"))
	}
	return errors.Join(append(faults, s.searchFaults()...)...)
}

// searchFaults returns what is wrong with what is searched.
func (s Settings) searchFaults() []error {
	var faults []error
	check := func(field string, fine bool, format string, args ...any) {
		if !fine {
			faults = append(faults, fault.At(field, format, args...))
		}
	}
	check("user-base", s.UserBase != "", "is missing")
	check("user-base", isDN(s.UserBase), "is no distinguished name")
	check("group-base", isDN(s.GroupBase) || s.GroupBase == s.UserBase, "is no distinguished name")
	check("user-filter", isFilter(s.UserFilter), "is no LDAP filter (RFC 4515): %s", s.UserFilter)
	check("group-filter", isFilter(s.GroupFilter), "is no LDAP filter (RFC 4515): %s", s.GroupFilter)
	a, name := s.Attributes, regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]*$`)
	for _, attribute := range []string{a.ID, a.Username, a.Mail, a.Name, a.Member} {
		check("attributes", name.MatchString(attribute), "has %q, which is no name of an attribute", attribute)
	}
	check("attributes", a.Changed == none || name.MatchString(a.Changed), "has %q, which is no name of an attribute", a.Changed)
	check("matching-rule", !s.MatchingRule || s.Kind == KindActiveDirectory, "is Active Directory's; the kind is %s", s.Kind)
	check("page-size", s.PageSize > 0 && s.PageSize <= maxPage, "is out of range: 1 to %d", maxPage)
	check("timeout", s.Timeout > 0, "is out of range")
	check("max-entries", s.MaxEntries > 0, "is out of range")
	return faults
}

func isDN(text string) bool {
	_, err := goldap.ParseDN(text)
	return err == nil
}

func isFilter(text string) bool {
	_, err := goldap.CompileFilter(text)
	return err == nil
}

// addressFaults returns what is wrong with where the directory is and how it is protected.
func (s Settings) addressFaults() []error {
	u, err := url.Parse(s.URL)
	if err != nil || u.Hostname() == "" || u.Scheme != "ldap" && u.Scheme != "ldaps" {
		return []error{fault.At("url", "is not of the form ldaps://host or ldap://host")}
	}
	var faults []error
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Path != "" && u.Path != "/" {
		faults = append(faults, fault.At("url", "may hold a host and a port alone"))
	}
	switch {
	case u.Scheme == "ldaps" && s.StartTLS:
		faults = append(faults, fault.At("start-tls", "is for ldap:// alone: ldaps:// is TLS from the start"))
	case u.Scheme == "ldap" && !s.StartTLS && !isLoopback(u.Hostname()):
		faults = append(faults, fault.At("url", "is without TLS, which is for the own machine alone: use ldaps:// or start-tls"))
	}
	if s.CAFile != "" {
		if _, err := authorities(s.CAFile); err != nil {
			faults = append(faults, err)
		}
	}
	return faults
}
