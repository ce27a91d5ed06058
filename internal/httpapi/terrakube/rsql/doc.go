// Package rsql reads filters in RSQL, as Elide takes them, and tells which rows they select.
//
// It knows the language and the kinds of values; what a selector stands for and where values come from is its caller's
// business. Its errors are for whoever wrote the filter.
package rsql
