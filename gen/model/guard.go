package model

import (
	"go/types"
	"time"
)

// Guard is what one declaration, a service or a method, says about who may
// call it and how often. That of a service is shared by its routes.
type Guard struct {
	GoName     string       // of the service, or of the service and the method
	Service    bool         // it is a service's
	Conditions []*Condition // all must hold
	Limit      *Limit       // nil: none
}

// Limit is a number of requests in each period.
type Limit struct {
	Count      int
	Period     time.Duration
	Disconnect bool
}

// Condition is a Go expression that is a bool.
type Condition struct {
	Source string
	// Names are those in Source that may be called otherwise in the generated
	// file, in the order of their offsets.
	Names []Name
	// Declared are the names that Source declares inside of itself.
	Declared []string
	// IsOr says that the expression binds less than && does.
	IsOr bool
}

// Name is an identifier in the source of a condition.
type Name struct {
	Offset int
	Text   string
	Means  Meaning
	// Package is, of a package and of what is imported from one without its
	// name, that package.
	Package *types.Package
}

// Meaning says what a name in a condition stands for.
type Meaning uint8

// The meanings.
const (
	ThePeer    Meaning = iota
	AParameter         // of the method
	APackage
	AnImport // of a package's declaration, by import .
)
