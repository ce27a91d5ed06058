package authorization_test

import (
	"flag"
	"fmt"
	"hash/fnv"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/terrawarden/terrawarden/internal/config"
	"github.com/terrawarden/terrawarden/internal/testkit"
)

// atLeast is how many cases a size must have run.
const atLeast = 400

// part is a chapter of the suite. The rules are the same at every size, and so are most of the ways to them: of a part
// that tells many like cases apart, the larger sizes run one in a few.
type part struct {
	name  string
	oneIn uint32
	test  func(*testing.T, *suite)
}

func parts() []part {
	return []part{
		{"words", 1, testWords},
		{"workspace access", 5, testWorkspaceAccess},
		{"project access", 6, testProjectAccess},
		{"organization access", 2, testOrganizationAccess},
		{"ladder", 5, testLadder},
		{"delegation", 2, testDelegation},
		{"handing out", 2, testHanding},
		{"kinds", 1, testKinds},
		{"reads", 4, testReads},
		{"writes", 8, testWrites},
		{"lists", 2, testLists},
		{"secrets", 2, testSecrets},
		{"masking", 4, testMasking},
		{"union", 3, testUnion},
		{"revocation", 2, testRevocation},
		{"settings", 1, testSettings},
		{"truth", 5, testTruth},
	}
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
						p.test(t, s.of(p))
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
	oneIn uint32  // how many cases stand behind one that is run
}

// of returns the suite as a part runs it.
func (s *suite) of(p part) *suite {
	one := *s
	if one.oneIn = p.oneIn; s.size == config.EngineEmbedded {
		one.oneIn = 1
	}
	return &one
}

func newSuite(t *testing.T, size string, change ...func(*config.Config)) *suite {
	cfg := testkit.Sized(t, size)
	s := &suite{
		size: size, http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}},
		cases: &atomic.Int64{}, names: &atomic.Int64{}, oneIn: 1,
	}
	s.run = testkit.App(t, append([]func(*config.Config){func(c *config.Config) { *c = cfg }}, change...)...)
	t.Cleanup(s.http.CloseIdleConnections)
	s.admin = s.person(t, "site-admin")
	return s
}

// test runs a case beside the others and counts it. Which cases stand for others depends on their names alone.
func (s *suite) test(t *testing.T, name string, do func(*testing.T)) {
	if hash := fnv.New32a(); s.oneIn > 1 {
		_, _ = hash.Write([]byte(name))
		if hash.Sum32()%s.oneIn != 0 {
			return
		}
	}
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
