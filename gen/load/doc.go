// Package load reads Go packages for a generator, whose input does not compile:
// code uses what is still to be generated, and what was generated may be stale.
//
// A loader that has the go command compile the packages fails there, or takes
// seconds for one edit. So the go command is only asked what it alone knows,
// and the rest is done here:
//
//	List    go list: which packages match, which files the build includes,
//	        what imports what. Build tags, vendoring, workspaces and GOFLAGS
//	        are the go command's business. The files are scanned for
//	        directives; packages without one cost nothing more.
//	Parse   the files of a package that has some, without those we generated.
//	Check   the types: bodies are ignored, errors tolerated.
//
// For Check, what a package imports comes from one of two places. Packages of
// modules that are being worked on are type-checked from source, since they may
// not compile yet either, matching or not. All others compile, so they are read
// from the export data that go list -export leaves in the build cache. A second
// go list finds it, only for imports that something outside of a function body
// refers to; for the others a hollow package will do.
//
//	greet.go ──needs──► example.com/app/base   (source, checked before)
//	         ──needs──► context, time          (export data)
//	         ──bodies only──► net/http         (hollow)
//
// Check goes through the packages from source in dependency order, each on a
// goroutine of its own that waits for what it imports. A package that the
// generator asked for is visited when its types are known, and before anything
// that imports it: what the visitor adds to it, with [Package.Add], its
// importers see. So a package can use what was generated for another a moment
// ago, and test files, as [Package.TestVariant], what was generated for the
// files beside them.
package load
