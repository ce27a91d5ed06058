//go:build pin

package main

// The module requires go-tfe for its tests alone, which nothing here imports; this import keeps the version in go.mod.
import _ "github.com/hashicorp/go-tfe"
