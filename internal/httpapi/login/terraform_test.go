package login_test

import (
	"bufio"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terrawarden/terrawarden/internal/config"
)

// TestTheCommandLine runs `terraform login` itself, where there is a terraform.
func TestTheCommandLine(t *testing.T) {
	t.Parallel()
	terraform, err := exec.LookPath("terraform")
	if err != nil {
		t.Skip("there is no terraform on this machine")
	}
	var service atomic.Pointer[http.Handler]
	tls := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*service.Load()).ServeHTTP(w, r) }))
	t.Cleanup(tls.Close)
	s := start(t, func(c *config.Config) { c.PublicURL = tls.URL })
	h := s.Handler()
	service.Store(&h)

	home, host := t.TempDir(), strings.TrimPrefix(tls.URL, "https://")
	cert := filepath.Join(home, "ca.pem")
	if err := os.WriteFile(cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: tls.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(home, ".terraform.d"), 0o700); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), terraform, "login", host)
	// Without a PATH it finds no browser and shows the address instead.
	cmd.Dir, cmd.Env = home, []string{"HOME=" + home, "SSL_CERT_FILE=" + cert, "PATH=", "CHECKPOINT_DISABLE=1"}
	cmd.Stdin = strings.NewReader("yes\n")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	timeout := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
	defer timeout.Stop()

	b := newBrowser(t)
	b.Transport = tls.Client().Transport
	address := regexp.MustCompile(regexp.QuoteMeta(tls.URL) + `/oauth/authorize\?\S+`)
	var said strings.Builder
	for lines := bufio.NewScanner(out); lines.Scan(); {
		said.WriteString(lines.Text() + "\n")
		at := address.FindString(lines.Text())
		if at == "" {
			continue
		}
		end := b.send(t, b.open(t, at), "approve")
		if end.sentTo == nil {
			t.Fatalf("approved: %d %s", end.status, end.body)
		}
		if page := (&browser{http.DefaultClient}).open(t, end.sentTo.String()); page.status != http.StatusOK {
			t.Errorf("the command line answers the browser %d %s", page.status, page.body)
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("terraform login: %v\n%s", err, said.String())
	}
	raw, err := os.ReadFile(filepath.Join(home, ".terraform.d", "credentials.tfrc.json"))
	if err != nil {
		t.Fatalf("%v\n%s", err, said.String())
	}
	var stored struct {
		Credentials map[string]struct {
			Token string `json:"token"`
		} `json:"credentials"`
	}
	if err := json.Unmarshal(raw, &stored); err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/admin/v1/tokens", nil)
	req.Header.Set("Authorization", "Bearer "+stored.Credentials[host].Token)
	h.ServeHTTP(w, req)
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"terraform login"`) {
		t.Errorf("the stored token: %d %s", w.Code, w.Body.String())
	}
}
