// Package entra reads the people and groups of a Microsoft Entra tenant through Microsoft Graph: wholly, with the counts that
// Graph gives, or what has changed since an earlier read, by delta links.
package entra
