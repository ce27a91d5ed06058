// Package authorization is the authorization suite of the TFE API, tests alone. It says who may do what in an oracle of
// its own, read off the vendor's documents (research tfe-api 2 and 6) and DECISIONS, and compares that with three answers
// of a running service: the booleans of the documents, the checks of /access/v1, and what the calls themselves do.
package authorization
