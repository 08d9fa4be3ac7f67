// Package elsewhere has types of another package.
package elsewhere

// Struct may gain fields without anybody noticing.
type Struct struct{ A, B int }

// Text is a name for a basic type.
type Text string
