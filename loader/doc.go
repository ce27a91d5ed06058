// Package loader brings people and access in from where they are kept: a Source says what is wanted, Current
// reads what is there, Diff makes the plan that leads from one to the other, and Apply carries it out.
//
// An Estate is what a source and the catalog have in common; it names things and knows no ids. The package owns
// that comparison and its order. It knows no file format and no protocol: those are the sources' business. It
// decides nothing about who may import, which is the catalog's.
package loader
