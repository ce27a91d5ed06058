// Package authzen serves OpenID AuthZEN Authorization API 1.0: evaluation, evaluations, the three searches and
// discovery.
//
// It owns the wire form and its errors; what is asked and answered is the catalog's business. Bodies are
// byte-stable: the same question gives the same bytes, so decision ids and tokens travel in headers.
package authzen
