// Package zone has a type for the metadata of another.
package zone

// Zone is a part of a region.
type Zone string
