// Package place is one of two packages of that name.
package place

// Place is a struct of another package.
type Place struct{ Name string }

// Kind is a name for a basic type.
type Kind string

// Grid is a slice of another package's structs.
type Grid []Place

// Hidden is made of what other packages cannot name.
type Hidden []hidden

type hidden struct{ N int }

// Secret names what other packages cannot.
type Secret = hidden
