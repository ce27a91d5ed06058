package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/terrawarden/terrawarden/conformance/server"
)

// fixture is a person whom TestAdminUsers_List expects to find: upstream's own installation has such an account.
const fixture = "user:admin-security-maintenance"

// start runs the binary on an empty data directory under work. Its log goes to a file.
func start(ctx context.Context, binary string, mode Mode, work, log string) (*server.Server, error) {
	if mode == None {
		return server.Empty(), nil
	}
	data := filepath.Join(work, "data-"+string(mode))
	if err := os.Mkdir(data, 0o700); err != nil {
		return nil, err
	}
	s, err := server.Start(server.Options{Binary: binary, Mode: string(mode), Data: data, Log: log})
	if err != nil {
		return nil, err
	}
	if _, err := s.CreateToken(ctx, fixture); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	// A user token of the site admin, not the site token: the tests turn user tokens off, which the site token survives.
	if s.Token, err = s.CreateToken(ctx, "user:site-admin"); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}
