// Package arch holds the tests that keep the house in order: which package may import which, what every package
// says of itself, how large files may grow, and what no tracked file may contain. The decisions behind them are
// beside it, in adr.
//
// It knows the shape of the source and nothing of what the source does; nobody imports it.
package arch
