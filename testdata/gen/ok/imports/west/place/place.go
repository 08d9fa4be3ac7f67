// Package place is the other of two packages of that name.
package place

// Place is a struct of another package.
type Place struct{ Number int }

// Level is a name for a basic type.
type Level int8
