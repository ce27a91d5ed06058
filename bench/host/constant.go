package host

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net/http"

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
	var address string
	return listen(ctx, server, stderr, &address)
}
