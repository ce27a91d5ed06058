package app_test

import (
	"sync"
	"testing"

	"github.com/terrawarden/terrawarden/internal/config"
	"github.com/terrawarden/terrawarden/internal/testkit"
)

// fresh is how many services are started; the mistake it looks for would be rare.
const fresh = 12

// TestTheFirstChecksOfAFreshService starts services whose relationships were written a moment ago and has many clients
// ask at once: no answer is that of an earlier state, and none stays wrong.
func TestTheFirstChecksOfAFreshService(t *testing.T) {
	t.Parallel()
	want := map[string]bool{"alice": true, "bob": true, "carol": false, "dave": false}
	for range fresh {
		r := testkit.App(t, func(c *config.Config) { c.Example = true })
		for range 2 {
			var clients sync.WaitGroup
			for user, may := range want {
				for range 4 {
					clients.Go(func() {
						if got := mayApply(t, r, user); got != may {
							t.Errorf("%s may apply to acme/prod: %t, want %t", user, got, may)
						}
					})
				}
			}
			clients.Wait()
		}
		if err := r.Stop(); err != nil {
			t.Fatal(err)
		}
	}
}
