package slapd_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/testkit/slapd"
)

// A server that is started again has what it had.
func TestServer(t *testing.T) {
	t.Parallel()
	s := slapd.Start(t, slapd.Options{})
	ann, bob := s.AddPerson("ann"), s.AddPerson("bob")
	dev := s.AddGroup("dev", ann)
	s.Join(dev, bob)
	s.Leave(dev, ann)
	s.Restart()
	if diff := cmp.Diff([]string{bob}, s.Get(dev, "member")); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{dev}, s.Get(bob, "memberOf")); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
	s.Rename(bob, "uid=rob", "")
	if diff := cmp.Diff([]string{slapd.PersonDN("rob")}, s.Get(dev, "member")); diff != "" {
		t.Errorf("members after a rename (-want +got):\n%s", diff)
	}
}
