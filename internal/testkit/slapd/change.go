package slapd

import (
	"time"

	goldap "github.com/go-ldap/ldap/v3"
)

// Attributes are those of an entry.
type Attributes map[string][]string

// Add adds an entry.
func (s *Server) Add(dn string, attributes Attributes) {
	s.tb.Helper()
	request := goldap.NewAddRequest(dn, nil)
	for name, values := range attributes {
		request.Attribute(name, values)
	}
	s.do(dn, func(c *goldap.Conn) error { return c.Add(request) })
}

// AddPerson adds a person below ou=people and returns the DN.
func (s *Server) AddPerson(uid string) string {
	s.tb.Helper()
	dn := PersonDN(uid)
	s.Add(dn, Attributes{"objectClass": {"inetOrgPerson"}, "uid": {uid}, "cn": {uid}, "sn": {uid}, "mail": {uid + "@example.org"}})
	return dn
}

// AddGroup adds a group below ou=groups and returns the DN.
func (s *Server) AddGroup(cn string, members ...string) string {
	s.tb.Helper()
	dn := GroupDN(cn)
	s.Add(dn, Attributes{"objectClass": {"groupOfNames"}, "cn": {cn}, "member": members})
	return dn
}

// PersonDN and GroupDN are where they are.
func PersonDN(uid string) string { return "uid=" + uid + ",ou=people," + Base }

// GroupDN is where a group is.
func GroupDN(cn string) string { return "cn=" + cn + ",ou=groups," + Base }

// Replace sets the values of an attribute; none takes it away.
func (s *Server) Replace(dn, attribute string, values ...string) {
	s.tb.Helper()
	s.modify(dn, func(m *goldap.ModifyRequest) { m.Replace(attribute, values) })
}

// Join adds members to a group, and Leave takes them out.
func (s *Server) Join(group string, members ...string) {
	s.tb.Helper()
	s.modify(group, func(m *goldap.ModifyRequest) { m.Add("member", members) })
}

// Leave takes members out of a group.
func (s *Server) Leave(group string, members ...string) {
	s.tb.Helper()
	s.modify(group, func(m *goldap.ModifyRequest) { m.Delete("member", members) })
}

func (s *Server) modify(dn string, change func(*goldap.ModifyRequest)) {
	s.tb.Helper()
	request := goldap.NewModifyRequest(dn, nil)
	change(request)
	s.do(dn, func(c *goldap.Conn) error { return c.Modify(request) })
}

// Delete deletes an entry.
func (s *Server) Delete(dn string) {
	s.tb.Helper()
	s.do(dn, func(c *goldap.Conn) error { return c.Del(goldap.NewDelRequest(dn, nil)) })
}

// Rename gives an entry another RDN, in another place unless superior is "". It waits until groups name it so: the server
// sees to that a little later.
func (s *Server) Rename(dn, rdn, superior string) {
	s.tb.Helper()
	s.RenameAlone(dn, rdn, superior)
	for deadline := time.Now().Add(10 * time.Second); s.named(dn); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.tb.Fatalf("groups still name %s", dn)
		}
	}
}

// RenameAlone is Rename without waiting.
func (s *Server) RenameAlone(dn, rdn, superior string) {
	s.tb.Helper()
	s.do(dn, func(c *goldap.Conn) error { return c.ModifyDN(goldap.NewModifyDNRequest(dn, rdn, true, superior)) })
}

// named reports whether a group has a member.
func (s *Server) named(member string) bool {
	s.tb.Helper()
	found := false
	s.do(member, func(c *goldap.Conn) error {
		result, err := c.Search(goldap.NewSearchRequest(Base, goldap.ScopeWholeSubtree, goldap.NeverDerefAliases, 0, 0, false,
			"(member="+goldap.EscapeFilter(member)+")", []string{"cn"}, nil))
		found = err == nil && len(result.Entries) > 0
		return err
	})
	return found
}

// Get returns the values of an attribute, operational ones too.
func (s *Server) Get(dn, attribute string) []string {
	s.tb.Helper()
	var out []string
	s.do(dn, func(c *goldap.Conn) error {
		result, err := c.Search(goldap.NewSearchRequest(dn, goldap.ScopeBaseObject, goldap.NeverDerefAliases, 0, 0, false,
			"(objectClass=*)", []string{attribute}, nil))
		if err == nil {
			out = result.Entries[0].GetAttributeValues(attribute)
		}
		return err
	})
	return out
}

func (s *Server) do(dn string, change func(*goldap.Conn) error) {
	s.tb.Helper()
	conn, err := goldap.DialURL(s.URL)
	if err != nil {
		s.tb.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if err := conn.Bind(Admin, Password); err != nil {
		s.tb.Fatal(err)
	}
	if err := change(conn); err != nil {
		s.tb.Fatalf("%s: %v", dn, err)
	}
}
