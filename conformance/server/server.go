package server

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Options say what is started.
type Options struct {
	Binary string
	Mode   string   // --tfe-mode: tfe or hcp
	Data   string   // an empty directory that exists
	Log    string   // the file that takes the log
	Flags  []string // of serve, besides these
}

// Server is the binary, serving.
type Server struct {
	URL   string
	Token string // of the site admin

	options Options
	stop    func() error
}

// Start runs the binary and waits until it listens.
func Start(o Options) (*Server, error) {
	binary, err := filepath.Abs(o.Binary)
	if err != nil {
		return nil, err
	}
	o.Binary = binary
	// Not bound to a context: it is asked to end before it is killed.
	args := append([]string{"serve", "--listen", "127.0.0.1:0", "--data-dir", o.Data, "--tfe-mode", o.Mode}, o.Flags...)
	cmd := exec.Command(o.Binary, args...) //nolint:gosec,noctx // the binary under test
	cmd.Dir, cmd.Env = o.Data, []string{"HOME=" + o.Data}
	address, ended, err := launch(cmd, o.Log)
	if err != nil {
		return nil, err
	}
	s := &Server{options: o, stop: func() error { return end(cmd, ended) }}
	select {
	case url, ok := <-address:
		if !ok {
			return nil, fmt.Errorf("terrawarden ended at its start: %w; see %s", <-ended, o.Log)
		}
		s.URL = url
	case <-time.After(time.Minute):
		return nil, errors.Join(fmt.Errorf("terrawarden does not listen; see %s", o.Log), s.stop())
	}
	token, err := os.ReadFile(filepath.Join(o.Data, "site-token"))
	if err != nil {
		return nil, errors.Join(err, s.stop())
	}
	s.Token = strings.TrimSpace(string(token))
	return s, nil
}

// Empty starts a server that answers 404 to everything, its metrics excepted: what passes against it passes by itself.
func Empty() *Server {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/metrics" {
			http.NotFound(w, r)
		}
	}))
	return &Server{URL: s.URL, Token: "none", stop: func() error { s.Close(); return nil }}
}

// CreateToken returns the secret of a new token, with the command that people use. A user whom nobody knows is created.
func (s *Server) CreateToken(ctx context.Context, owner string) (string, error) {
	var stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, s.options.Binary, "token", "create", "--for", owner, "--server", s.URL, "--data-dir", s.options.Data) //nolint:gosec // the binary under test
	cmd.Dir, cmd.Env, cmd.Stderr = s.options.Data, []string{"HOME=" + s.options.Data}, &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("create a token for %s: %w\n%s", owner, err, &stderr)
	}
	return strings.TrimSpace(string(out)), nil
}

// Stop ends the server. An error is one that it ended with, a crash during the run included.
func (s *Server) Stop() error { return s.stop() }

// launch starts a server whose log goes to a file. The address is sent when it listens; a closed channel says that it
// ended before.
func launch(cmd *exec.Cmd, log string) (<-chan string, <-chan error, error) {
	file, err := os.Create(log)
	if err != nil {
		return nil, nil, err
	}
	stderr, err := cmd.StderrPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return nil, nil, errors.Join(err, file.Close())
	}
	address, ended := make(chan string, 1), make(chan error, 1)
	go func() {
		lines := bufio.NewReader(stderr)
		for {
			line, err := lines.ReadString('\n')
			_, _ = io.WriteString(file, line)
			if url, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on "); ok {
				address <- url
			}
			if err != nil {
				break
			}
		}
		close(address)
		ended <- errors.Join(cmd.Wait(), file.Close())
	}()
	return address, ended, nil
}

// end asks a server to end, and kills it when it does not.
func end(cmd *exec.Cmd, ended <-chan error) error {
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return errors.Join(err, <-ended)
	}
	select {
	case err := <-ended:
		return err
	case <-time.After(30 * time.Second):
		return errors.Join(errors.New("terrawarden does not end"), cmd.Process.Kill())
	}
}
