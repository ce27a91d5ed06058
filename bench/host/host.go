// Package host runs the service with a few routes beside the product's that no product has: one grant, one revocation,
// questions put to the engine in process, memory. What is measured through the product's own routes is the product.
package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/terrawarden/terrawarden/internal/app"
	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/config"
	"github.com/terrawarden/terrawarden/internal/httpapi"
	"github.com/terrawarden/terrawarden/schema"
)

// Config says what to serve.
type Config struct {
	DataDir   string
	SiteToken string
}

// host is what the routes of the benchmark are made of.
type host struct {
	service *catalog.Service
	engine  authz.Engine
	site    catalog.Principal
	queries atomic.Uint64 // of the datastore
}

// Serve runs until ctx ends. It says on stderr where it listens, as the real binary does.
func Serve(ctx context.Context, cfg Config, stderr io.Writer) error {
	h := &host{}
	a, err := app.New(ctx, config.Config{
		Listen: "127.0.0.1:0", DataDir: cfg.DataDir, Engine: config.EngineEmbedded, SiteToken: config.Secret(cfg.SiteToken),
		Staleness: time.Second, LogLevel: "warn", LogFormat: "text", Shutdown: 10 * time.Second,
	}, app.Deps{
		Stderr: stderr, Version: "bench", OnQuery: func() { h.queries.Add(1) },
		Extend: func(p app.Parts) []httpapi.Protocol {
			h.service, h.engine = p.Service, p.Engine
			return []httpapi.Protocol{control{h}}
		},
	})
	if err != nil {
		return fmt.Errorf("start the service: %w", err)
	}
	subject, err := h.service.Resolve(ctx, schema.TypeUser, catalog.SiteAdminUsername)
	if err != nil {
		return errors.Join(fmt.Errorf("find the site admin: %w", err), a.Close())
	}
	h.site = catalog.Principal{Subject: subject, Name: catalog.SiteAdminUsername}
	return a.Run(ctx)
}
