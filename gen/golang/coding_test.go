package golang

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"strings"
	"testing"

	"github.com/ipcgen/ipcgen/gen/model"
)

const codingSource = `package p

import (
	"encoding/json"
	"math/big"
	"time"
)

type (
	Text   string
	Bit    byte
	IDs    []int
	Blob   []byte
	Stamp  time.Time
	Pun    *int
	Tree   []Tree
	Table  map[string][]Table
	Plain  struct{ A int; Next *Plain }
	hidden struct{ A int }
	Omit   struct{ A int ` + "`json:\"a,omitempty\"`" + ` }
	Twice  struct{ A int; B int ` + "`cbor:\"A\"`" + ` }
	Tuple  struct{ _ struct{} ` + "`cbor:\",toarray\"`" + `; A int }
	Embeds struct{ Plain }
	Custom struct{ A int }
	Byte   byte
	Page[T any] struct{ Items []T; Next *Page[T] }
	Number = json.Number
	Big    = big.Int
	Timed  = time.Time
	Month  = time.Month
)

func (*Custom) UnmarshalText([]byte) error { return nil }
func (Byte) MarshalBinary() ([]byte, error) { return nil, nil }
`

// TestCoding says how each kind of type is encoded. Decoding is the same with
// other names.
func TestCoding(t *testing.T) {
	scope, err := typeCheck("p", codingSource)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ typ, want string }{
		{"bool", "Bool[bool]"},
		{"int8", "Int[int8]"},
		{"rune", "Int[rune]"},
		{"uintptr", "Uint[uintptr]"},
		{"float32", "Float[float32]"},
		{"Text", "String[Text]"},
		{"Month", "Int[Month]"},
		{"Number", "String[Number]"},
		{"Timed", "Time"},
		{"Stamp", "encodeStamp"},
		{"[]byte", "Bytes[[]byte]"},
		{"Blob", "Bytes[Blob]"},
		{"[]Bit", "Slice(Uint[Bit])"},
		{"[4]byte", "Array(Uint[byte])"},
		{"IDs", "Slice(Int[int])"},
		{"[][]Text", "Slice(Slice(String[Text]))"},
		{"map[Text]*int", "Map(String[Text], Pointer(Int[int]))"},
		{"map[uint8]Plain", "Map(Uint[uint8], encodePlain)"},
		{"map[bool]int", "Any[map[bool]int]"},
		{"*Plain", "Pointer(encodePlain)"},
		{"**Plain", "Pointer(Pointer(encodePlain))"},
		{"Pun", "Any[Pun]"},
		{"Tree", "Any[Tree]"},
		{"Table", "Any[Table]"},
		{"hidden", "encodeHidden"},
		{"struct{ A int }", "encodeHint"},
		{"[]struct{ A int }", "Slice(encodeHint)"},
		{"any", "Any[any]"},
		{"[]any", "Any[[]any]"},
		{"error", "Any[error]"},
		{"chan int", "Any[chan int]"},
		{"Big", "Any[Big]"},
		{"Omit", "Any[Omit]"},
		{"Twice", "Any[Twice]"},
		{"Tuple", "Any[Tuple]"},
		{"Embeds", "Any[Embeds]"},
		{"Custom", "Any[Custom]"},
		{"map[string]Custom", "Any[map[string]Custom]"},
		{"[]Byte", "Any[[]Byte]"},
		{"Page[Plain]", "encodePagePlain"},
		{"Page[int]", "encodePageInt"},
		{"Page[[]int]", "Any[Page[[]int]]"},
	} {
		t.Run(tt.typ, func(t *testing.T) {
			f := newFile(&model.Package{Name: "p", Path: "p", Types: scope})
			if got := spell(f, f.codings.of(typeOf(t, scope, tt.typ), "Hint")); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// spell writes a coding down: the helper, and in parentheses those of the parts.
func spell(f *file, c *coding) string {
	switch {
	case c.record != nil:
		return "encode" + c.record.codec
	case c.parts != nil:
		var parts []string
		for _, part := range c.parts {
			parts = append(parts, spell(f, part))
		}
		return c.helper + "(" + strings.Join(parts, ", ") + ")"
	case isTime(c.typ):
		return c.helper
	default:
		return c.helper + "[" + f.typ(c.typ) + "]"
	}
}

// standard is what the test uses of the standard library.
var standard = map[string]string{
	"encoding/json": "package json; type Number string",
	"math/big":      "package big; type Int struct{ abs []uint }",
	"time":          "package time; type Time struct{ wall uint64 }; type Month int",
}

type importerFunc func(path string) (*types.Package, error)

func (f importerFunc) Import(path string) (*types.Package, error) { return f(path) }

func typeCheck(path, source string) (*types.Package, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, path, source, 0)
	if err != nil {
		return nil, err
	}
	config := types.Config{Importer: importerFunc(func(path string) (*types.Package, error) {
		return typeCheck(path, standard[path])
	})}
	return config.Check(path, fset, []*ast.File{file}, nil)
}

func typeOf(t *testing.T, pkg *types.Package, expr string) types.Type {
	t.Helper()
	value, err := types.Eval(token.NewFileSet(), pkg, token.NoPos, expr)
	if err != nil {
		t.Fatal(err)
	}
	return value.Type
}
