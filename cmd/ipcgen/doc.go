// Ipcgen writes the client stubs and server dispatchers of annotated Go
// interfaces.
//
//	ipcgen [flags] [packages]         generate for the packages
//	ipcgen check [flags] [packages]   say which generated files are stale, and how
//	ipcgen version                    print the version
//
// Packages are named as for the go command; none means the one in the current
// directory. Under go generate that is the one with the line
//
//	//go:generate go tool ipcgen
//
// What may be annotated, and how, is told by package
// github.com/ipcgen/ipcgen/annotations.
//
// # Flags
//
//	-C dir       change to dir before anything else
//	-tags list   build tags, separated by commas, as for the go command
//	-json        print what was found and done as a JSON object
//
// # Output
//
// Generate writes one file ipc_gen.go (or ipc_gen_test.go) into each package
// that has annotations, if its content is to change, and removes it where the
// last annotation is gone. A file is replaced in one step; it is never seen
// half-written. A file of that name that ipcgen did not write is not touched; one
// that is empty, or in which a merge conflict begins above the header, is replaced.
//
// Check writes nothing. It prints a diff on standard output that brings the
// files up to date, as "patch -p1" or "git apply" take it.
//
// All mistakes of all packages are reported at once, on standard error, as
//
//	file:line:col: code: message
//
// with paths relative to the current directory. Packages with mistakes are left
// as they are, the others are generated. With -json, standard output is one
// object instead, with these fields, of which only the first is always there:
//
//	problems   objects with file, line, column, code and message
//	written    files that generate wrote
//	removed    files that generate removed
//	stale      files that check would have written or removed
//
// A terminal gets colors, unless NO_COLOR is set, and is told what takes long.
//
// # Cache
//
// That everything was up to date is remembered, in at most 128 KiB of the folder
// ipcgen in that of the user's caches ($XDG_CACHE_HOME, ~/.cache). It is
// remembered for exactly these sources, outputs, versions and settings, so that
// no other state is taken for it. The folder may be deleted at any time.
//
// # Exit status
//
//	0   all is well; check: all files are up to date
//	1   check: files are stale
//	2   there are mistakes in the sources, a pattern matches no package, or the
//	    run failed
package main
