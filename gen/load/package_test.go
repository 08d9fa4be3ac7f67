package load

import (
	"go/ast"
	"go/parser"
	"go/token"
	"testing"

	"github.com/ipcgen/ipcgen/annotations"
)

func TestMentions(t *testing.T) {
	for text, want := range map[string]bool{
		"package p\n": false,
		"// Package ipc does it over ipc.\npackage ipc\n": false,
		"//go:generate go tool ipcgen\npackage p\n":       false,
		"//ipc:service\n":   true,
		"// ipc: service\n": true,
		"/* IPC:service */": true,
		"// @ipc service":   true,
		"//ipcgen:service":  true,
		"//icp:service":     true,
		"// Ipc :notify":    true,
		"//ipc notify":      true,
		"///ipc_notify":     true,
		"/*ipc/notify*/":    true,
		"//ipC AerviC":      true,
		"ip":                false,
	} {
		if got := mentions([]byte(text)); got != want {
			t.Errorf("mentions(%q) = %v", text, got)
		}
	}
}

// FuzzMentions checks that no file is passed over that says anything to us.
func FuzzMentions(f *testing.F) {
	for _, comment := range []string{"//ipc:service", "// ipc:service", "/*\n * @ipc.service\n */", "//ICP:notify", "// ipcgen : route x", "//ipc:", "//ipc: x", "//ipc service", "///ipc-route"} {
		f.Add(comment)
	}
	f.Fuzz(func(t *testing.T, comment string) {
		text := "package p\n\n" + comment + "\ntype I interface {\n" + comment + "\nM()\n}\n"
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, "", text, parser.ParseComments)
		if err != nil || mentions([]byte(text)) {
			return
		}
		said, problems := annotations.Parse(fset, []*ast.File{file})
		if len(said.Interfaces)+len(said.Errors)+len(said.Metadata)+len(problems) > 0 {
			t.Errorf("%q is passed over, but says %+v and has the problems %v", text, said, problems)
		}
	})
}
