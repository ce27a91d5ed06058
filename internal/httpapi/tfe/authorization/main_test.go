package authorization_test

import (
	"flag"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/terrawarden/terrawarden/internal/config"
	"github.com/terrawarden/terrawarden/internal/testkit"
)

// atLeast is how many cases a size must have run.
const atLeast = 400

// parts are the chapters of the suite.
func parts() []part {
	return []part{
		{"words", testWords},
		{"workspace access", testWorkspaceAccess},
		{"project access", testProjectAccess},
		{"organization access", testOrganizationAccess},
		{"ladder", testLadder},
		{"delegation", testDelegation},
		{"handing out", testHanding},
		{"kinds", testKinds},
		{"reads", testReads},
		{"writes", testWrites},
		{"lists", testLists},
		{"secrets", testSecrets},
		{"masking", testMasking},
		{"union", testUnion},
		{"revocation", testRevocation},
		{"settings", testSettings},
		{"truth", testTruth},
	}
}

type part struct {
	name string
	test func(*testing.T, *suite)
}

// TestAuthorization runs every part at every size, each size over one service.
func TestAuthorization(t *testing.T) {
	for _, size := range testkit.Sizes() {
		t.Run(size, func(t *testing.T) {
			s := newSuite(t, size)
			t.Run("parts", func(t *testing.T) {
				for _, p := range parts() {
					t.Run(p.name, func(t *testing.T) {
						t.Parallel()
						p.test(t, s)
					})
				}
			})
			t.Logf("%d cases", s.cases.Load())
			if whole() && s.cases.Load() < atLeast {
				t.Errorf("%d cases ran, want at least %d", s.cases.Load(), atLeast)
			}
		})
	}
}

// whole reports whether no part of the suite was left out on the command line.
func whole() bool {
	chosen := flag.Lookup("test.run")
	return chosen == nil || !strings.Contains(chosen.Value.String(), "/")
}

// suite is what the cases of a size share: one service and whoever administers it.
type suite struct {
	size  string
	run   *testkit.Running
	http  *http.Client
	cases *atomic.Int64
	names *atomic.Int64
	admin *caller // the built-in site admin
}

func newSuite(t *testing.T, size string, change ...func(*config.Config)) *suite {
	cfg := testkit.Sized(t, size)
	s := &suite{
		size: size, http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}},
		cases: &atomic.Int64{}, names: &atomic.Int64{},
	}
	s.run = testkit.App(t, append([]func(*config.Config){func(c *config.Config) { *c = cfg }}, change...)...)
	t.Cleanup(s.http.CloseIdleConnections)
	s.admin = s.person(t, "site-admin")
	return s
}

// test runs a case beside the others and counts it.
func (s *suite) test(t *testing.T, name string, do func(*testing.T)) {
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		s.cases.Add(1)
		do(t)
	})
}

// fresh returns a name nobody has.
func (s *suite) fresh(noun string) string {
	return fmt.Sprintf("%s-%d", noun, s.names.Add(1))
}
