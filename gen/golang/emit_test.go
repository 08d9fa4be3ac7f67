package golang

import (
	"bytes"
	"go/token"
	"go/types"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ipcgen/ipcgen/gen/model"
)

func TestSameModelSameBytes(t *testing.T) {
	p := newServices(5)
	want, err := Emit(p)
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			got, err := Emit(p)
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("the output differs, error %v", err)
			}
		})
	}
	group.Wait()
}

func TestWhatIsNotGoIsAnError(t *testing.T) {
	p := newServices(5)
	p.Services[0].Routes[0].GoName = "not a name"
	if _, err := Emit(p); err == nil || !strings.HasPrefix(err.Error(), "emit example.com/big: ") {
		t.Errorf("got error %v", err)
	}
}

// TestReservedNames keeps away from what other files of the package declare,
// which the types do not tell.
func TestReservedNames(t *testing.T) {
	p := newServices(5)
	p.Reserved = []string{"service0Method0", "encodeItem", "wire"}
	out, err := Emit(p)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"service0Method02 = ipc.Method[", "func encodeItem2(", "runtimewire \"github.com/"} {
		if !bytes.Contains(out, []byte(want)) {
			t.Errorf("the output does not contain %s", want)
		}
	}
}

func TestDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		time.Second:             "time.Second",
		2 * time.Second:         "2 * time.Second",
		90 * time.Second:        "90 * time.Second",
		time.Hour:               "time.Hour",
		1500 * time.Millisecond: "1500 * time.Millisecond",
		7 * time.Microsecond:    "7 * time.Microsecond",
		1001:                    "1001 * time.Nanosecond",
	} {
		f := newFile(&model.Package{Types: types.NewPackage("p", "p")})
		if got := f.duration(d).GoString(); got != want {
			t.Errorf("%v is %s, want %s", d, got, want)
		}
	}
}

func TestComment(t *testing.T) {
	for text, want := range map[string]string{
		"One line.\n":             "// One line.",
		"Two\nlines.":             "// Two\n// lines.",
		"A\n\nB":                  "// A\n//\n// B",
		"Code:\n\n\tx := 1\n":     "// Code:\n//\n//\tx := 1",
		"Ends */ nothing. //go:x": "// Ends */ nothing. //go:x",
	} {
		if got := comment(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

// TestAnonymousStructs writes them as gofmt leaves them.
func TestAnonymousStructs(t *testing.T) {
	pkg := types.NewPackage("p", "p")
	field := func(name string, embedded bool) *types.Var {
		return types.NewField(token.NoPos, pkg, name, types.Typ[types.String], embedded)
	}
	for want, s := range map[string]*types.Struct{
		"struct{}":                                 types.NewStruct(nil, nil),
		"struct {\nA string \n}":                   types.NewStruct([]*types.Var{field("A", false)}, nil),
		"struct {\nA string `json:\"a\"`\n}":       types.NewStruct([]*types.Var{field("A", false)}, []string{`json:"a"`}),
		"struct {\nA string \"cbor:\\\"`\\\"\"\n}": types.NewStruct([]*types.Var{field("A", false)}, []string{"cbor:\"`\""}),
		"struct {\nstring \n}":                     types.NewStruct([]*types.Var{field("string", true)}, nil),
	} {
		if got := newFile(&model.Package{Types: pkg}).typ(s); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
