// Package check knows every rule about what may be annotated. What breaks none
// of them becomes the model that the emitter writes down; what does is refused
// with its position, a code, the reason and a way out.
//
// A rule is one function. Those about an interface, a method or a whole package
// are in a table each; all are applied, so that one mistake does not hide
// another. The code of a mistake is stable, its text is not: see codes.go.
//
// # What may be annotated
//
// A service is an interface with methods only: by itself, embedding others of
// this package, of another or of the standard library, an instance of a generic
// one, or an alias or a new name for any of these. It may be unexported: then
// what is generated is, too. Its methods are exported. Directives belong to the
// declaration of a method: an embedded interface brings those of this package
// along, of another package they do not count. Doc comments are copied from
// interfaces of the same module.
//
// A method takes a context.Context and any number of named parameters, and
// returns any number of results, all named or none, and an error. With an
// iter.Seq2[T, error] as the last parameter it receives a stream, with one as
// the only result, whose items carry the error, it returns one. Aliases are
// kept as they are written.
//
// A value crosses in CBOR or JSON, as the peer likes, so both have to carry it:
// booleans, numbers but complex ones, strings, times, any, and slices, arrays,
// maps, pointers and structs of them, recursive or not, named or not. The keys
// of maps are strings, integers or have MarshalText. Unexported fields stay at
// home, but a struct of nothing else is refused. A type that encodes itself for
// both codecs, and decodes, is its own business.
//
// The generated file is part of every build. So nothing it mentions may stand
// in a file with a build constraint, by a comment, a name or cgo.
//
// Errors of Go itself, anywhere in the package, matter only where the type of
// a route is not known for them.
package check
