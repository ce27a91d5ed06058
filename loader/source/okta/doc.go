// Package okta reads the people and groups of an Okta organization: wholly, or what Okta says was touched since an earlier read.
package okta
