// Package auditlog is what protocols that show audit events have in common: what the objects of events are called, and
// events as they happen, as server-sent events.
//
// It knows how a stream goes on and ends; how an event looks, and who may see which, is for those who use it.
package auditlog
