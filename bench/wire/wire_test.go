package wire_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/terrawarden/terrawarden/bench/wire"
)

func TestDoReadsAnswersOfEveryForm(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("0123456789", 10_000)
	mux := http.NewServeMux()
	mux.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Credential", r.Header.Get("Authorization"))
		_, _ = w.Write(raw)
	})
	mux.HandleFunc("/chunked", func(w http.ResponseWriter, _ *http.Request) {
		for part := range 3 {
			_, _ = io.WriteString(w, long[part*10_000:part*10_000+10_000])
			_ = http.NewResponseController(w).Flush()
		}
	})
	mux.HandleFunc("/missing", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusNotFound) })
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	address := strings.TrimPrefix(server.URL, "http://")
	conn, err := wire.Dial(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	rows := []struct {
		path, body, want string
		status           int
	}{
		{"/echo", `{"a":1}`, `{"a":1}`, 200},
		{"/chunked", "", long[:30_000], 200},
		{"/missing", "", "no\n", 404},
		{"/echo", "", "", 200}, // after an error the connection is still good
	}
	for _, row := range rows {
		status, body, err := conn.Do(wire.Request(http.MethodPost, address, row.path, []byte(row.body), wire.Bearer("x")))
		if err != nil || status != row.status || string(body) != row.want {
			t.Errorf("%s: %d, %d bytes, %v; want %d, %d bytes", row.path, status, len(body), err, row.status, len(row.want))
		}
	}
}
