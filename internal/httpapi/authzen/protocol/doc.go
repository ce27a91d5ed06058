// Package protocol holds the tests of the AuthZEN API over HTTP, against the whole service. They are apart from the
// decoders' fuzz tests, which would otherwise drag the authorization engine through the fuzzer's instrumentation.
package protocol
