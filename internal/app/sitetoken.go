package app

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/terrawarden/terrawarden/internal/authn"
	"github.com/terrawarden/terrawarden/internal/config"
)

// SiteTokenFile returns where the site token is kept when the configuration does not carry it.
func SiteTokenFile(cfg config.Config) string {
	if cfg.SiteTokenFile != "" {
		return cfg.SiteTokenFile
	}
	return filepath.Join(cfg.DataDir, "site-token")
}

// siteToken returns the credential of the site admin: the configured one, that of its file, or a new one which is
// written to the file first. path is the file, "" for a configured token.
func siteToken(cfg config.Config) (token, path string, err error) {
	if cfg.SiteToken != "" {
		return cfg.SiteToken.Reveal(), "", nil
	}
	path = SiteTokenFile(cfg)
	raw, err := os.ReadFile(path)
	if err == nil {
		token = strings.TrimSpace(string(raw))
		if len(token) < authn.MinSiteToken {
			return "", path, fmt.Errorf("site token in %s must be at least %d bytes", path, authn.MinSiteToken)
		}
		return token, path, nil
	}
	if !errors.Is(err, fs.ErrNotExist) || cfg.SiteTokenFile != "" {
		return "", path, fmt.Errorf("site token: %w", err)
	}
	secret := make([]byte, 32)
	if _, err := rand.Read(secret); err != nil {
		return "", path, err
	}
	token = "twn_site_" + base64.RawURLEncoding.EncodeToString(secret)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", path, fmt.Errorf("site token: %w", err)
	}
	if err := os.WriteFile(path, []byte(token+"\n"), 0o600); err != nil {
		return "", path, fmt.Errorf("site token: %w", err)
	}
	return token, path, nil
}
