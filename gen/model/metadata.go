package model

import (
	"go/token"
	"go/types"
)

// Metadata is a struct whose fields are what peers tell about themselves.
type Metadata struct {
	Pos    token.Position
	GoName string
	Fields []MetadataField // in source order
}

// MetadataField is a field that peers tell.
type MetadataField struct {
	GoName string
	Name   string // as queries write it
	Kind   MetadataKind
	// Value is the type of the value; of a list, that of an element. It keeps
	// aliases as written.
	Value types.Type
	// Optional says that the field is a pointer to the value: nil leaves it out.
	Optional bool
	// Named says that the field is of a list type with a name of its own.
	Named bool
}

// MetadataKind says what a field holds.
type MetadataKind uint8

// The kinds of metadata.
const (
	Number MetadataKind = iota
	Text
	Flag
	Release // a query.Version
	List
)
