// Package rest reads the HTTP interfaces of directories: one origin, page after page, in bounds of size, time and
// patience.
//
// It knows how to ask, to wait and to stop; what an answer means is known to the source that asks. Its errors name the
// method, the path without its query, and the status: neither addresses with tokens in them nor what a server said.
package rest
