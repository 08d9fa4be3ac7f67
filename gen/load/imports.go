package load

import (
	"go/ast"
	"maps"
	"regexp"
	"strconv"
	"strings"
)

// An imported package is one that a package imports.
type imported struct {
	path   string // as resolved
	needed bool   // for what stands outside of function bodies
}

// findImports fills p.imports, by the paths as written.
//
// Bodies are not checked, so what is imported only for them is not loaded.
// That is most of what an implementation imports, and all that is slow.
func (p *Package) findImports(seeds []string) {
	p.imports = make(map[string]imported)
	for _, path := range seeds {
		p.imports[path] = imported{p.resolve(path), true}
	}
	var conditions map[string]bool
	if seeds != nil { // others' are nothing to generate for
		conditions = p.conditionQualifiers()
	}
	for _, file := range p.Syntax() {
		named := qualifiers(file)
		maps.Copy(named, conditions)
		for _, spec := range file.Imports {
			written := importPath(spec)
			path := p.resolve(written)
			needed := p.imports[written].needed || p.needs(spec, path, named)
			p.imports[written] = imported{path, needed}
		}
	}
}

// resolve returns the path that an import written in p leads to.
func (p *Package) resolve(written string) string {
	if path, ok := p.listed.ImportMap[written]; ok {
		return path
	}
	return written
}

// needs says whether spec, of a file with the qualifiers named, is needed. One
// whose package's name is not known is.
func (p *Package) needs(spec *ast.ImportSpec, path string, named map[string]bool) bool {
	if spec.Name != nil {
		return spec.Name.Name == "." || named[spec.Name.Name]
	}
	l := p.prog.graph[path]
	return l == nil || l.Name == "" || named[l.Name]
}

// qualifiers returns the names that stand before a dot outside of function
// bodies: those of imported packages are among them.
func qualifiers(file *ast.File) map[string]bool {
	named := make(map[string]bool)
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BlockStmt:
			return false
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok {
				named[x.Name] = true
			}
		}
		return true
	})
	return named
}

// conditionQualifiers returns the names that stand before a dot in conditions,
// which may mention what any file of p imports.
func (p *Package) conditionQualifiers() map[string]bool {
	named := make(map[string]bool)
	for _, file := range p.Syntax() {
		for _, group := range file.Comments {
			for _, c := range group.List {
				if text, ok := strings.CutPrefix(c.Text, "//ipc:allow"); ok {
					for _, match := range qualifier.FindAllStringSubmatch(text, -1) {
						named[match[1]] = true
					}
				}
			}
		}
	}
	return named
}

// qualifier may find too much: a package is then loaded that nobody needs.
var qualifier = regexp.MustCompile(`([\pL_][\pL\pN_]*)\s*\.`)

// importPath returns the path that spec says, empty if it is malformed.
func importPath(spec *ast.ImportSpec) string {
	path, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		return ""
	}
	return path
}
