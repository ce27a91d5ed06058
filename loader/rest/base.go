package rest

import (
	"net"
	"net/url"
	"strings"

	"github.com/terrawarden/terrawarden/internal/fault"
)

// Base returns the address below which a directory is asked. It must be https, or http on this machine, without user,
// query or fragment; field is what an error names.
func Base(field, raw string) (*url.URL, error) {
	if raw == "" {
		return nil, fault.At(field, "is required")
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || u.Opaque != "":
	case u.Scheme == "https", u.Scheme == "http" && loopback(u.Hostname()):
		u.Path = strings.TrimRight(u.Path, "/")
		u.RawPath = ""
		return u, nil
	}
	return nil, fault.At(field, "must be an https URL without user, query or fragment; http is for this machine alone")
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// sameOrigin reports whether two addresses have the same scheme, host and port.
func sameOrigin(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && strings.EqualFold(a.Hostname(), b.Hostname()) && port(a) == port(b)
}

func port(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "http":
		return "80"
	}
	return "443"
}
