package roundtrip_test

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ipcgen/ipcgen/runtime/query"
	"github.com/ipcgen/ipcgen/testdata/gen/ok/metadata"
	"github.com/ipcgen/ipcgen/testdata/gen/ok/metadata/zone"
)

func TestMetadataGoesThereAndBack(t *testing.T) {
	limit, next := uint16(7), query.MustVersion("2.0.0-rc.1")
	for name, bot := range map[string]metadata.Bot{
		"all": {
			Load: 0.5, Region: "eu", Zone: "eu-1", Version: query.MustVersion("1.10.0"), Tags: metadata.Tags{"fast"}, Guilds: []int64{1, 2},
			Peers: []zone.Zone{"eu-2"}, Known: []query.Version{next}, Ready: true, Uptime: time.Minute, Limit: &limit, Next: &next,
		},
		"nothing": {},
	} {
		t.Run(name, func(t *testing.T) {
			told, err := metadata.BotMetadata(bot).Normalize()
			if err != nil {
				t.Fatal(err)
			}
			got, err := metadata.BotFromMetadata(told)
			if err != nil {
				t.Fatal(err)
			}
			same := cmp.Options{cmp.Comparer(func(v, w query.Version) bool { return v.Compare(w) == 0 }), cmpopts.IgnoreUnexported(metadata.Bot{}), cmpopts.EquateEmpty()}
			if diff := cmp.Diff(bot, got, same); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestMetadataIsAskedForByItsFields(t *testing.T) {
	told, err := metadata.BotMetadata(metadata.Bot{Load: 0.5, Region: "eu", Version: query.MustVersion("1.10.0"), Tags: metadata.Tags{"fast"}, Uptime: time.Hour}).Normalize()
	if err != nil {
		t.Fatal(err)
	}
	subject, bot := query.Subject{Metadata: told}, metadata.BotFields
	for _, q := range []*query.Query{
		bot.Load.Lt(5), bot.Region.Eq("eu"), bot.Version.Gt(query.MustVersion("1.9.0")), bot.Tags.Contains("fast"), bot.Uptime.Gte(time.Minute),
		bot.Ready.Eq(false), query.None(bot.Limit.Has()), bot.Zone.In("", "eu-1"),
	} {
		if !q.Match(subject) {
			t.Errorf("it does not match:\n%s", q.Explain(subject))
		}
	}
	told, err = told.Merge(bot.Load.Set(9))
	if err != nil || bot.Load.Lt(5).Match(query.Subject{Metadata: told}) || !bot.Region.Has().Match(query.Subject{Metadata: told}) {
		t.Errorf("an update of the load: %v, %v", told, err)
	}
	q, told, number, err := metadata.Workers(7)
	if err != nil || q.String() != "Number < 7" || number != 7 || !cmp.Equal(told, query.Metadata{"Number": 7}) {
		t.Errorf("a struct that is not exported: %v, %v, %d, %v", q, told, number, err)
	}
}

func TestMetadataThatDoesNotFit(t *testing.T) {
	got, err := metadata.BotFromMetadata(query.Metadata{"region": "eu", "load": "much", "tags": []any{1}})
	const want = "query: metadata \"load\" holds \"much\", which is a text, no float64\nquery: metadata \"tags\" holds at [0] 1, which is a number, no string"
	if err == nil || err.Error() != want || got.Region != "eu" || got.Load != 0 {
		t.Errorf("got %+v, %v", got, err)
	}
}

// TestMetadataMistakesDoNotCompile is what the generated fields are for.
func TestMetadataMistakesDoNotCompile(t *testing.T) {
	check := compiler(t)
	for _, right := range []string{`Load.Lt(5)`, `Region.In("eu")`, `Tags.Contains("a")`, `Load.Min()`, `Limit.Set(3)`} {
		if err := check("metadata.BotFields." + right); err != nil {
			t.Errorf("%s: %v", right, err)
		}
	}
	for wrong, want := range map[string]string{
		`Laod.Lt(5)`:            `metadata.BotFields.Laod undefined`,
		`Load.Lt("5")`:          `cannot use "5"`,
		`Load.Contains(5)`:      `Load.Contains undefined`,
		`Region.Eq(5)`:          `cannot use 5`,
		`Region.Eq(zone.Zone)`:  `undefined: zone`,
		`Version.Gt("1.9.0")`:   `cannot use "1.9.0"`,
		`Tags.Contains(1)`:      `cannot use 1`,
		`Tags.Eq("a")`:          `Tags.Eq undefined`,
		`Ready.Lt(true)`:        `Ready.Lt undefined`,
		`Limit.Eq(65536)`:       `cannot use 65536`,
		`Load.Set("5")`:         `cannot use "5"`,
		`Skipped.Has()`:         `Skipped undefined`,
		`Region.Min()`:          `Region.Min undefined`,
		`Uptime.Lt("1 minute")`: `cannot use "1 minute"`,
	} {
		if err := check("metadata.BotFields." + wrong); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", wrong, err, want)
		}
	}
}

// compiler returns what type-checks an expression that may use package metadata.
func compiler(t *testing.T) func(expression string) error {
	t.Helper()
	const path = "github.com/ipcgen/ipcgen/testdata/gen/ok/metadata"
	out, err := exec.Command("go", "list", "-export", "-deps", "-f", "{{.ImportPath}} {{.Export}}", path).Output()
	if err != nil {
		t.Fatal(err)
	}
	exports := map[string]string{}
	for line := range strings.Lines(string(out)) {
		imported, file, _ := strings.Cut(strings.TrimSpace(line), " ")
		exports[imported] = file
	}
	fset := token.NewFileSet()
	conf := types.Config{Importer: importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })}
	return func(expression string) error {
		source := "package p\nimport \"" + path + "\"\nvar _ = " + expression
		file, err := parser.ParseFile(fset, "p.go", source, 0)
		if err != nil {
			return err
		}
		_, err = conf.Check("p", fset, []*ast.File{file}, nil)
		return err
	}
}
