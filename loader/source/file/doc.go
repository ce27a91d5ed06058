// Package file reads people and groups from files: YAML, JSON (both a directory.Snapshot) or CSV.
//
// A file can be cut off, and half a list must never read as leavers. So each says itself where it ends:
//
//   - JSON ends with its brace. A YAML file ends with the marks users-complete and groups-complete, or with a line "...",
//     or has a checksum; without any of them it is refused, for a YAML file that was cut between two lines is a YAML file.
//   - The marks say whether who or what is not in the file is gone. Without them nobody is.
//   - A CSV file ends with a line "# end rows=N", N without the header, or is counted in a manifest. With a checksum
//     alone it is whole, and nobody who is not in it is gone. Without anything, its people are known and everything else is
//     left alone.
//   - A checksum is SHA-256, in FILE.sha256 as sha256sum writes it, in the manifest, or in the settings. One that does
//     not fit is an error.
//
// A key that nobody knows is wrong: a typo must take nothing away. Everything is read into memory twice, until both times
// agree, so that a file that is being replaced is read as it was or as it is. Two files that are replaced one after the
// other need a manifest to tell that they belong together.
//
// CSV is two files of a directory: users.csv with id, username, email, disabled, and members.csv with group_id,
// group_name, user_id, where an empty user_id names a group without members. Or one file with group and user, whose
// names are the ids; an empty group names somebody who is in none, and an empty user a group without members.
//
// The package owns these formats. It knows nothing of the catalog, of plans, or of what a membership gives.
package file
