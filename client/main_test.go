package client_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/terrawarden/terrawarden/client"
	"github.com/terrawarden/terrawarden/internal/config"
	"github.com/terrawarden/terrawarden/internal/testkit"
)

// service is a running service with the example organization, for the examples and for tests that change nothing.
var service *testkit.Running

func TestMain(m *testing.M) {
	status, err := runWithService(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		status = 1
	}
	os.Exit(status)
}

func runWithService(m *testing.M) (int, error) {
	dir, err := os.MkdirTemp("", "terrawarden-client-")
	if err != nil {
		return 0, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	cfg := config.Config{
		Listen: "127.0.0.1:0", DataDir: dir, Engine: config.EngineEmbedded, TFEMode: "tfe", CreateUnknownMembers: true,
		LogLevel: "warn", LogFormat: "text", Example: true, Shutdown: 10 * time.Second,
	}
	if service, err = testkit.Start(context.Background(), cfg); err != nil {
		return 0, err
	}
	status := m.Run()
	return status, service.Stop()
}

// started returns a service of the test's own.
func started(t *testing.T) *testkit.Running {
	t.Helper()
	return testkit.App(t, func(c *config.Config) { c.Example = true })
}

// as returns a client with a credential.
func as(t *testing.T, r *testkit.Running, token string) *client.Client {
	t.Helper()
	c, err := client.New(r.URL, token, client.Options{Consistency: client.FullyConsistent()})
	if err != nil {
		t.Fatal(err)
	}
	return c
}
