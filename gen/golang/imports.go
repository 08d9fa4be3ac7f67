package golang

import (
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// The packages that every generated file may use.
const (
	ipcPath   = "github.com/ipcgen/ipcgen/runtime/ipc"
	wirePath  = "github.com/ipcgen/ipcgen/runtime/wire"
	queryPath = "github.com/ipcgen/ipcgen/runtime/query"
)

// imports are the packages that a generated file uses, by path. jennifer's own
// imports are not used: it knows neither the real names of packages nor what
// hides them.
type imports struct {
	names  *names
	byPath map[string]imported
}

type imported struct {
	real string // the package's own name
	name string // its name in the generated file
}

// name returns what the package at importPath, whose own name is real, is
// called in the generated file, and imports it if it is not yet.
func (im *imports) name(importPath, real string) string {
	if i, ok := im.byPath[importPath]; ok {
		return i.name
	}
	name := im.names.visible(real, origin(importPath)+real)
	im.byPath[importPath] = imported{real, name}
	return name
}

// writeTo writes the import declaration, the standard library first.
func (im *imports) writeTo(w io.Writer) {
	fmt.Fprint(w, "import (\n")
	std := true
	for _, p := range slices.SortedFunc(maps.Keys(im.byPath), byOrigin) {
		if std && !isStd(p) {
			std = false
			fmt.Fprintln(w)
		}
		fmt.Fprintf(w, "\t%s\n", im.spec(p))
	}
	fmt.Fprint(w, ")\n")
}

// spec returns one line of the declaration. The name is left out where the
// path tells it.
func (im *imports) spec(importPath string) string {
	i := im.byPath[importPath]
	if i.name == i.real && i.real == lastName(importPath) {
		return strconv.Quote(importPath)
	}
	return i.name + " " + strconv.Quote(importPath)
}

func byOrigin(a, b string) int {
	if isStd(a) != isStd(b) {
		if isStd(a) {
			return -1
		}
		return 1
	}
	return strings.Compare(a, b)
}

func isStd(importPath string) bool {
	first, _, _ := strings.Cut(importPath, "/")
	return !strings.Contains(first, ".")
}

// lastName returns the name that a reader expects of the package at
// importPath: yaml for gopkg.in/yaml.v3, cbor for .../cbor/v2.
func lastName(importPath string) string {
	base := path.Base(unversioned(importPath))
	return strings.FieldsFunc(base, isNoLetter)[0]
}

// origin returns the start of an alias: the directory above the package, std
// if there is none.
func origin(importPath string) string {
	dir := path.Base(path.Dir(unversioned(importPath)))
	letters := strings.Join(strings.FieldsFunc(dir, isNoLetter), "")
	if letters == "" {
		return "std"
	}
	return unexported(letters)
}

// unversioned returns importPath without a major version as its last element.
func unversioned(importPath string) string {
	dir, base := path.Split(importPath)
	if version, ok := strings.CutPrefix(base, "v"); ok && dir != "" {
		if _, err := strconv.Atoi(version); err == nil {
			return path.Clean(dir)
		}
	}
	return importPath
}

func isNoLetter(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' }
