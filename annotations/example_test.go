package annotations_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"

	"github.com/ipcgen/ipcgen/annotations"
)

func ExampleParse() {
	const src = `package greet

//ipc:service
type Greeter interface {
	//ipc:route timeout=2s idempotent
	Hello(ctx context.Context, name string) (string, error)

	//ipc:nofity
	Forget(ctx context.Context, name string) error
}
`
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "greet.go", src, parser.ParseComments)
	if err != nil {
		fmt.Println(err)
		return
	}
	pkg, problems := annotations.Parse(fset, []*ast.File{file})
	for _, i := range pkg.Interfaces {
		hello := i.Methods[i.Type.Methods.List[0]]
		fmt.Println(i.Spec.Name, hello.Route.Timeout, hello.Route.Idempotent)
	}
	for _, p := range problems {
		fmt.Println(p)
	}
	// Output:
	// Greeter 2s true
	// greet.go:8:8: unknown-directive: no directive is called "nofity": did you mean //ipc:notify?
}
