// Package config reads the configuration: defaults, a file, the environment and flags, in that order of
// precedence, into one typed value.
//
// It is the only package that uses viper and the only one that reads the environment. Each option is described
// once, by the tags of Config; flags, variables, the example file and the checks all come from there.
package config

//go:generate go test -run ^TestExampleFile$ -update .
