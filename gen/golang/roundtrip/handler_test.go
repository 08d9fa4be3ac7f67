package roundtrip_test

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/ipcgen/ipcgen/testdata/gen/ok/failures"
	"github.com/ipcgen/ipcgen/testdata/gen/ok/names"
	"github.com/ipcgen/ipcgen/testdata/gen/ok/scalars"
	"github.com/ipcgen/ipcgen/testdata/gen/ok/variadic"
)

// shaper implements shapes.Shapes.
type shaper struct {
	value int
	heard chan string // what Wake and Log were told
}

func (s *shaper) Ping(context.Context) error                           { return nil }
func (s *shaper) Set(_ context.Context, _ string, value int) error     { s.value = value; return nil }
func (s *shaper) Get(context.Context) (int, error)                     { return s.value, nil }
func (s *shaper) Add(_ context.Context, a, b int) (int, error)         { return a + b, nil }
func (s *shaper) Divide(_ context.Context, a, b int) (int, int, error) { return a / b, a % b, nil }
func (s *shaper) Wake(context.Context) error                           { s.heard <- ""; return nil }
func (s *shaper) Log(_ context.Context, line string) error             { s.heard <- line; return nil }

func (s *shaper) Ticks(ctx context.Context) iter.Seq2[int, error] { return s.Range(ctx, 0, 3) }

func (s *shaper) Range(_ context.Context, from, to int) iter.Seq2[int, error] {
	return func(yield func(int, error) bool) {
		for i := from; i < to && yield(i, nil); i++ {
		}
	}
}

func (s *shaper) Drain(_ context.Context, in iter.Seq2[int, error]) error {
	_, err := drain(in)
	return err
}

func (s *shaper) Count(_ context.Context, in iter.Seq2[int, error]) (int, error) {
	all, err := drain(in)
	return len(all), err
}

func (s *shaper) Scale(_ context.Context, by int, in iter.Seq2[int, error]) (int, error) {
	all, err := drain(in)
	sum := 0
	for _, n := range all {
		sum += n * by
	}
	return sum, err
}

func (s *shaper) Bounds(_ context.Context, in iter.Seq2[int, error]) (int, int, error) {
	all, err := drain(in)
	return slices.Min(all), slices.Max(all), err
}

func (s *shaper) Relay(_ context.Context, in iter.Seq2[string, error]) iter.Seq2[string, error] {
	return in
}

func (s *shaper) Lengths(_ context.Context, limit int, in iter.Seq2[string, error]) iter.Seq2[int, error] {
	return func(yield func(int, error) bool) {
		for text, err := range in {
			if limit--; limit < 0 || !yield(len(text), err) {
				return
			}
		}
	}
}

// namesHandler implements what is called of names.Names: it tells its
// arguments in the order in which it got them.
type namesHandler struct{ names.Names }

func (namesHandler) Packages(_ context.Context, a, b, c, d, e, f string) (string, error) {
	return a + b + c + d + e + f, nil
}

func (namesHandler) Cased(_ context.Context, a, b string, c, d, e int) (string, error) {
	return fmt.Sprintf("%s%s%d%d%d", a, b, c, d, e), nil
}

func (namesHandler) Results(_ context.Context, a, b string) (string, string, error) {
	return a, b, nil
}

// variadicHandler implements what is called of variadic.Variadic.
type variadicHandler struct{ variadic.Variadic }

func (variadicHandler) Join(_ context.Context, parts ...string) (string, error) {
	return strings.Join(parts, "+"), nil
}

// failing implements failures.Failures: it fails as it is told, and says more.
type failing struct{}

func (failing) Fail(_ context.Context, how string) error {
	return fmt.Errorf("it happened: %w", failures.Declared()[how])
}

// echo implements what is called of scalars.Scalars.
type echo struct{ scalars.Scalars }

func (echo) Ints(_ context.Context, _ int, _ int8, _ int16, _ int32, n int64, _ rune) (int64, error) {
	return n, nil
}

func (echo) Floats(_ context.Context, _ float32, f float64) (float64, error) { return f, nil }

func (echo) Times(_ context.Context, at time.Time, after time.Duration) (time.Time, error) {
	return at.Add(after), nil
}
