// Package server starts the real binary on an empty data directory, for the suites of this module.
package server
