package host

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/httpapi"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
	"github.com/terrawarden/terrawarden/internal/telemetry"
)

// constant is a protocol whose one endpoint answers yes to everybody, whatever he sends.
type constant struct{}

// Endpoints returns the route of a check.
func (constant) Endpoints() []endpoint.Endpoint {
	answer := map[string]bool{"decision": true}
	return []endpoint.Endpoint{{Method: http.MethodPost, Path: "/access/v1/evaluation", Needs: endpoint.Public(), Handle: func(c echo.Context) error {
		return c.JSON(http.StatusOK, answer)
	}}}
}

// Error writes an error.
func (constant) Error(c echo.Context, _ error) (int, error) {
	return http.StatusInternalServerError, c.NoContent(http.StatusInternalServerError)
}

// ServeConstant runs the server that answers a constant, over the product's own HTTP stack, until ctx ends.
func ServeConstant(ctx context.Context, stderr io.Writer) error {
	registry := telemetry.NewRegistry()
	server, err := httpapi.New(httpapi.Deps{
		Protocols: []httpapi.Protocol{constant{}},
		Authenticate: func(context.Context, string) (catalog.Principal, error) {
			return catalog.Principal{}, errors.New("nobody")
		},
		Ready:   func(context.Context) error { return nil },
		Log:     slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
		Metrics: telemetry.NewMetrics(registry), Registry: registry, NewID: rand.Text,
	})
	if err != nil {
		return err
	}
	return listen(ctx, server, stderr)
}

// listen serves on a free port until ctx ends.
func listen(ctx context.Context, server *httpapi.Server, stderr io.Writer) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	if _, err := fmt.Fprintf(stderr, "listening on http://%s\n", l.Addr()); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		return server.Shutdown(grace)
	case err := <-failed:
		if errors.Is(err, http.ErrServerClosed) {
			return nil
		}
		return err
	}
}
