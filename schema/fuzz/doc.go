// Package fuzz holds the fuzz tests of package schema, apart from its other tests, which would drag the authorization
// engine through the fuzzer's instrumentation.
package fuzz
