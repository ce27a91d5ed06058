// Package app puts the service together: New opens what a configuration names and wires it, Run serves until its
// context ends. The command and the end-to-end tests start the very same thing.
package app
