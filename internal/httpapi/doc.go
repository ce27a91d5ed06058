// Package httpapi is the HTTP face: one Echo instance, the middleware every request passes, and the URL map.
//
// What a route does and how its errors look is the business of the protocol package that owns it.
package httpapi
