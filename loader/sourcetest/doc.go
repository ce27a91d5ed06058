// Package sourcetest holds the one contract of all directory sources: a source that works is read exactly, and no fault of its
// directory ever takes anything from anybody.
//
// A source's test calls Run with a Subject: how to start something that holds a Model and has a fault from a given answer on.
// Sources that speak HTTP wrap their server in Trouble.Handler, which knows the faults of its table. Others (a file, LDAP)
// name their own in Subject.Own and call Trouble.Strikes at each point where their directory answers: where it reports true, the
// fault is on. Run reads once without a fault to count those points, and then once for each fault and point.
package sourcetest
