// Package query says which peers. It is pure: no connection, no goroutine, no
// clock, nothing of the rest of this module.
//
// A peer says of itself what it likes, as [Metadata]: a few named values. A
// [Query] is a predicate over that and over the peer's identity. A [Choice] picks
// one of those that match. An [Index] holds many peers and does both quickly:
//
//	Metadata --Set--> Index --Query--> those that match --Choice--> one
package query
