// Package gen turns annotated packages into source. It returns files and
// writes nothing.
//
// [Generate] walks a package through five rooms, each a package that knows
// nothing of the next:
//
//	load         which packages match, what is in them, what their types are
//	annotations  what the directives say
//	check        may that be annotated? and the model, if it may
//	model        plain data: services, routes, parameters, errors
//	golang       the text of ipc_gen.go
//
// The way back is short: the text is type-checked as one more file of its
// package, against the runtime, before anybody sees it. What does not compile
// is our mistake and is reported as such. Then come the packages that import
// this one: they see what has just been generated, on disk or not.
//
//	list ──► parse, directives ──► types ──► rules ──► model ──► text
//	           (all packages)        ▲                             │
//	                                 └────── as one more file ◄────┘
//
// Where all of this was walked through before, with the very same texts,
// versions and settings, and nothing was to be done, only the list is made: see
// [Config.Cache].
//
// A mistake never ends a run. Every package is taken as far as it goes, so that
// all mistakes of all packages are told at once, and packages without one get
// their files. Only the routes' names are compared between packages, at the end.
//
// The goroutines are those of two errgroups, one that parses and one that
// type-checks, rules and emits, a goroutine a package; both are waited for
// before Generate returns. Nothing depends on their order: the result is sorted.
package gen
