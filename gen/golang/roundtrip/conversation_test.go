package roundtrip_test

import (
	"errors"
	"fmt"
	"iter"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/ipctest"
	"github.com/ipcgen/ipcgen/runtime/wire"
	"github.com/ipcgen/ipcgen/testdata/gen/ok/failures"
	"github.com/ipcgen/ipcgen/testdata/gen/ok/names"
	"github.com/ipcgen/ipcgen/testdata/gen/ok/scalars"
	"github.com/ipcgen/ipcgen/testdata/gen/ok/shapes"
	"github.com/ipcgen/ipcgen/testdata/gen/ok/variadic"
)

// A scene is a conversation between generated clients and handlers that were
// registered by generated code, with a connection between them.
type scene struct {
	srv *ipc.Server
	cl  *ipc.Client
}

// play plays a scene in each dialect. Both sides serve what serve registers.
func play(t *testing.T, serve func(ipc.Registrar), act func(t *testing.T, s scene)) {
	t.Helper()
	for name, dialect := range map[string]wire.Dialect{"cbor": wire.CBORv1, "json": wire.JSONv1} {
		t.Run(name, func(t *testing.T) {
			s := scene{srv: ipc.NewServer(nil)}
			s.cl = ipc.NewClient(ipctest.Serve(t, s.srv), &ipc.ClientOptions{Dialect: dialect})
			serve(s.srv)
			serve(s.cl)
			ipctest.Connect(t, s.cl)
			act(t, s)
		})
	}
}

func TestShapes(t *testing.T) {
	play(t, func(r ipc.Registrar) { shapes.RegisterShapes(r, &shaper{}) }, func(t *testing.T, s scene) {
		c, ctx := shapes.NewShapesClient(s.cl), t.Context()

		same(t, "set", c.Set(ctx, "key", 7), nil)
		got, err := c.Get(ctx)
		same(t, "get", err, nil)
		same(t, "get", got, 7)
		sum, err := c.StartAdd(ctx, 2, 3).Wait(ctx)
		same(t, "start add", err, nil)
		same(t, "start add", sum, 5)
		q, r, err := c.Divide(ctx, 17, 5)
		same(t, "divide", err, nil)
		same(t, "divide", []int{q, r}, []int{3, 2})
		both, err := c.StartDivide(ctx, 9, 2).Wait(ctx)
		same(t, "start divide", err, nil)
		same(t, "start divide", both, shapes.ShapesDivideResult{Quotient: 4, Remainder: 1})

		same(t, "range", collect(t, c.Range(ctx, 3, 6)), []int{3, 4, 5})
		same(t, "drain", c.Drain(ctx, sequence(1, 2)), nil)
		scaled, err := c.Scale(ctx, 10, sequence(1, 2, 3))
		same(t, "scale", err, nil)
		same(t, "scale", scaled, 60)
		low, high, err := c.Bounds(ctx, sequence(4, -2, 9))
		same(t, "bounds", err, nil)
		same(t, "bounds", []int{low, high}, []int{-2, 9})
		same(t, "relay", collect(t, c.Relay(ctx, sequence("a", "b"))), []string{"a", "b"})
		same(t, "lengths", collect(t, c.Lengths(ctx, 2, sequence("a", "bc", "def"))), []int{1, 2})
	})
}

func TestGroupAsksTheOtherWay(t *testing.T) {
	heard := make(chan string, 1)
	play(t, func(r ipc.Registrar) { shapes.RegisterShapes(r, &shaper{heard: heard}) }, func(t *testing.T, s scene) {
		g, ctx := shapes.NewShapesGroup(s.srv.All(nil)), t.Context()

		for reply := range g.Divide(ctx, 17, 5) {
			same(t, "divide", reply.Err, nil)
			same(t, "divide", reply.Value, shapes.ShapesDivideResult{Quotient: 3, Remainder: 2})
		}
		same(t, "log", g.Log(ctx, "line"), nil)
		same(t, "log", <-heard, "line")
		same(t, "wake", shapes.NewShapesClient(s.cl).Wake(ctx), nil)
		same(t, "wake", <-heard, "")
	})
}

// Z1: an implementation is registered and its routes are removed while calls come
// in, on either side; what is removed is said to be missing, the rest goes on.
// One name has one handler at a time.
func TestRoutesComeAndGo(t *testing.T) {
	play(t, func(ipc.Registrar) {}, func(t *testing.T, s scene) {
		ctx := t.Context()
		for _, side := range []struct {
			at     ipc.Registrar
			caller ipc.Caller
		}{{s.srv, s.cl}, {s.cl, s.srv.Peer(s.cl.Identity())}} {
			c := shapes.NewShapesClient(side.caller)
			missing := func(when string) {
				t.Helper()
				if _, err := c.Add(ctx, 1, 2); !errors.Is(err, code.NoRoute) || !errors.Is(err, ipc.ErrNotSent) {
					t.Errorf("%s: %v", when, err)
				}
			}
			missing("before anything is registered")
			shapes.RegisterShapes(side.at, &shaper{value: 7})
			sum, err := c.Add(ctx, 1, 2)
			same(t, "add", err, nil)
			same(t, "add", sum, 3)
			func() {
				defer func() {
					if problem := fmt.Sprint(recover()); !strings.Contains(problem, `is registered twice`) {
						t.Errorf("registered twice: %s", problem)
					}
				}()
				shapes.RegisterShapes(side.at, &shaper{value: 8})
			}()
			side.at.Unregister(shapes.ShapesRoutes.Add, shapes.ShapesRoutes.Ticks)
			missing("after it was removed")
			got, err := c.Get(ctx) // the first one's, still
			same(t, "get", err, nil)
			same(t, "get", got, 7)
		}
	})
}

func TestArgumentsKeepTheirPlaces(t *testing.T) {
	play(t, func(r ipc.Registrar) { names.RegisterNames(r, namesHandler{}) }, func(t *testing.T, s scene) {
		c, ctx := names.NewNamesClient(s.cl), t.Context()

		packages, err := c.Packages(ctx, "1", "2", "3", "4", "5", "6")
		same(t, "packages", err, nil)
		same(t, "packages", packages, "123456")
		cased, err := c.Cased(ctx, "1", "2", 3, 4, 5)
		same(t, "cased", err, nil)
		same(t, "cased", cased, "12345")
		first, second, err := c.Results(ctx, "r", "result")
		same(t, "results", err, nil)
		same(t, "results", first+second, "rresult")
	})
}

func TestVariadic(t *testing.T) {
	play(t, func(r ipc.Registrar) { variadic.RegisterVariadic(r, variadicHandler{}) }, func(t *testing.T, s scene) {
		c, ctx := variadic.NewVariadicClient(s.cl), t.Context()

		for _, parts := range [][]string{nil, {}, {"a"}, {"a", "", "c"}} {
			joined, err := c.Join(ctx, parts...)
			same(t, "join", err, nil)
			same(t, "join", joined, strings.Join(parts, "+"))
		}
	})
}

func TestDeclaredErrors(t *testing.T) {
	play(t, func(r ipc.Registrar) { failures.RegisterFailures(r, failing{}) }, func(t *testing.T, s scene) {
		c, ctx := failures.NewFailuresClient(s.cl), t.Context()

		for how, want := range failures.Declared() {
			err := c.Fail(ctx, how)
			if quota := new(failures.QuotaError); errors.As(want, &quota) {
				got := new(failures.QuotaError)
				same(t, how, errors.As(err, &got), true)
				same(t, how, got, quota)
				continue
			}
			same(t, how, errors.Is(err, want), true)
		}
	})
}

func TestNumbersThatJSONCannotSay(t *testing.T) {
	play(t, func(r ipc.Registrar) { scalars.RegisterScalars(r, echo{}) }, func(t *testing.T, s scene) {
		c, ctx := scalars.NewScalarsClient(s.cl), t.Context()
		json := strings.HasSuffix(t.Name(), "json")

		for _, odd := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
			got, err := c.Floats(ctx, 0, odd)
			if json {
				same(t, "not sent", errors.Is(err, ipc.ErrNotSent), true)
				same(t, "the path is told", strings.Contains(err.Error(), "f64: "), true)
				continue
			}
			same(t, "floats", err, nil)
			same(t, "floats", math.Float64bits(got), math.Float64bits(odd))
		}
		when := time.Date(2024, 2, 29, 23, 59, 59, 123456789, time.FixedZone("", 19800))
		got, err := c.Times(ctx, when, time.Hour)
		same(t, "times", err, nil)
		same(t, "times", got.Format(time.RFC3339Nano), "2024-03-01T00:59:59.123456789+05:30")
		for _, n := range []int64{math.MinInt64, math.MaxInt64} {
			got, err := c.Ints(ctx, 0, 0, 0, 0, n, 'x')
			same(t, "ints", err, nil)
			same(t, "ints", got, n)
		}
	})
}

// same compares what a step of a scene came to.
func same(t *testing.T, step string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: (-want +got)\n%s", step, diff)
	}
}

func sequence[T any](items ...T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, item := range items {
			if !yield(item, nil) {
				return
			}
		}
	}
}

func collect[T any](t *testing.T, in iter.Seq2[T, error]) []T {
	t.Helper()
	var all []T
	for item, err := range in {
		if err != nil {
			t.Error(err)
		}
		all = append(all, item)
	}
	return all
}

// drain returns the items of a sequence, or its error.
func drain[T any](in iter.Seq2[T, error]) ([]T, error) {
	var all []T
	for item, err := range in {
		if err != nil {
			return nil, err
		}
		all = append(all, item)
	}
	return all, nil
}
