// Package syncview writes what sync has to say for people: plans with what they take away first, sources with how they
// are doing, and the history of plans.
//
// It knows the client's types and a writer. It asks no service and decides nothing; colour is the caller's choice.
package syncview
