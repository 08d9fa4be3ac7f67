package main

import (
	"embed"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
)

// demo are the sources of the processes. The go command does not look into a
// directory of that name, which is as well: it could not compile them before
// anything was generated.
//
//go:embed _demo
var demo embed.FS

// text returns a file of the demo.
func text(file string) string {
	b, err := demo.ReadFile("_demo/" + file)
	if err != nil {
		panic(err) // it was there when the tour was compiled
	}
	return string(b)
}

// comment returns what is said of a function of the demo.
func comment(file, function string) string {
	f, _ := find(file, function)
	return strings.TrimSpace(f.Doc.Text())
}

// body returns what a function of the demo does.
func body(file, function string) string {
	f, src := find(file, function)
	lines := strings.SplitAfter(src[f.Body.Lbrace:f.Body.Rbrace-1], "\n") // positions count from 1
	for i := range lines {
		lines[i] = strings.TrimPrefix(lines[i], "\t")
	}
	return strings.Join(lines[1:], "")
}

func find(file, function string) (f *ast.FuncDecl, src string) {
	src = text(file)
	parsed, err := parser.ParseFile(token.NewFileSet(), file, src, parser.ParseComments)
	if err != nil {
		panic(err)
	}
	for _, decl := range parsed.Decls {
		if f, ok := decl.(*ast.FuncDecl); ok && f.Name.Name == function {
			return f, src
		}
	}
	panic(fmt.Sprintf("%s has no function %s", file, function))
}
