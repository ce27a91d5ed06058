package terrakube_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/testkit"
)

// TestOperationsThatTakeTooLong are none at all: the client is told to come again, and nothing is done.
func TestOperationsThatTakeTooLong(t *testing.T) {
	t.Parallel()
	for limit, want := range map[time.Duration]int{time.Nanosecond: http.StatusServiceUnavailable, 0: http.StatusOK} {
		w := plainWorldOver(t, testkit.ServiceWith(t, testkit.Sized(t, "embedded"), catalog.Deps{TogetherTimeout: limit}), false)
		templates := "/organization/" + w.org.ID + "/template"
		status, answer := w.call(t, "olga", http.MethodPost, "/api/v1/operations",
			`{"atomic:operations":[{"op":"add","href":"`+templates+`","data":{"type":"template","attributes":{"name":"plan"}}}]}`)
		if status != want || (want != http.StatusOK) != strings.Contains(answer, `{"errors":[{"detail":"all of it together takes too long`) {
			t.Errorf("within %s: %d %s, want %d", limit, status, answer, want)
		}
		status, answer = w.call(t, "olga", http.MethodGet, "/api/v1"+templates, "")
		if done := strings.Contains(answer, `"name":"plan"`); status != http.StatusOK || done != (want == http.StatusOK) {
			t.Errorf("within %s: afterwards %d %s", limit, status, answer)
		}
	}
}
