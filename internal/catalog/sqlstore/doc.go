// Package sqlstore keeps the catalog in SQL: SQLite for one binary, PostgreSQL for several.
//
// It owns every statement, the migrations and the translation of driver errors, and implements catalog.Store to
// the letter on both engines. It knows no rule of the catalog beyond what a table can state, and no SpiceDB.
package sqlstore
