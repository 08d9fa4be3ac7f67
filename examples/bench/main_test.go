package main

import (
	"encoding/json"
	"errors"
	"io"
	"log"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestMain lets this binary be the children, too.
func TestMain(m *testing.M) {
	if name := os.Getenv(childEnv); name != "" {
		if err := runChild(name); err != nil {
			log.Fatal(err)
		}
		return
	}
	os.Exit(m.Run())
}

// TestShort measures a little of everything and asks for results only: how
// fast anything is, is not for a test to say.
func TestShort(t *testing.T) {
	testRun(t, "-short", "-json", "-duration", "1ms", "-warmup", "1ms", "-items", "20", "-connections", "5", "-payloads", "64,nested", "-inflight", "1,8")
}

// TestScale is TestShort for what shows how cost grows.
func TestScale(t *testing.T) {
	testRun(t, "-scale", "-short", "-json", "-duration", "1ms", "-warmup", "1ms", "-sizes", "1,100",
		"-contenders", "ipcgen/unix/cbor,raw/unix,generator")
}

// testRun holds the results against what args ask for.
func testRun(t *testing.T, args ...string) {
	t.Helper()
	var out strings.Builder
	if err := run(args, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	missing := expected(t, args)
	lines := json.NewDecoder(strings.NewReader(out.String()))
	for lines.More() {
		var r result
		if err := lines.Decode(&r); err != nil {
			t.Fatal(err)
		}
		if !missing[r.entry()] {
			t.Errorf("nobody asked for %+v, or it came twice", r)
		}
		delete(missing, r.entry())
		if !isMeasurement(r) {
			t.Errorf("not a measurement: %+v", r)
		}
	}
	for e := range missing {
		t.Errorf("no result of %s: %v", e.contender, e.cell)
	}
}

func isMeasurement(r result) bool {
	switch {
	case r.Round != 1:
		return false
	case r.Kind == "idle":
		return r.Memory > 0
	case r.entry().cell.timed() && (r.P50 <= 0 || r.P99 < r.P50):
		return false
	}
	return r.Rate > 0
}

// expected returns what args ask for.
func expected(t *testing.T, args []string) map[entry]bool {
	t.Helper()
	o, err := parse(args, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	c, err := o.contest()
	if err != nil {
		t.Fatal(err)
	}
	all := map[entry]bool{}
	for _, one := range c.contenders {
		for _, at := range c.cells {
			if one.offers(at) {
				all[entry{one.String(), at}] = true
			}
		}
	}
	return all
}

func TestUnknown(t *testing.T) {
	for _, test := range []struct{ arg, says string }{
		{"-contenders=pigeon", `-contenders "pigeon": no contender`},
		{"-contenders=ipcgen/unix/cbor, pigeon", `-contenders "pigeon": no contender`},
		{"-kinds=chat", `-kinds "chat": want call`},
		{"-payloads=many", `-payloads "many": want nested`},
		{"-inflight=0", `-inflight "0": want a number from 1 on`},
		{"-rounds=-3", "-rounds -3: want a number from 1 on"},
		{"-connections=0", "-connections 0: want a number from 1 on"},
		{"-items=0", "-items 0: want a number from 1 on"},
		{"-duration=0", "-duration 0s: want more than 0"},
		{"-warmup=-1s", "-warmup -1s: want more than 0"},
	} {
		if err := run([]string{test.arg}, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: got error %v, want %q", test.arg, err, test.says)
		}
	}
}

func TestSpacesInLists(t *testing.T) {
	e := expected(t, []string{
		"-kinds= call , fanout", "-payloads=64, 0", "-inflight=1, 16", "-contenders=grpc/unix, raw/unix", "-connections=3",
	})
	if len(e) != 2*(2*2+1) {
		t.Errorf("got %d cells of two contenders, want 10: %v", len(e), e)
	}
}

func TestWrongSizes(t *testing.T) {
	err := run([]string{"-kinds=routes", "-sizes=1,0"}, io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), `-sizes "0": want a number from 1 on`) {
		t.Errorf("got error %v, want one about -sizes", err)
	}
}

// A result is written when it is there: if it cannot be, nothing more is
// measured, and the files have what was.
func TestJSONAtOnce(t *testing.T) {
	markdown := filepath.Join(t.TempDir(), "bench.md")
	args := []string{
		"-short", "-json", "-duration", "1ms", "-warmup", "1ms", "-kinds", "call", "-contenders", "raw/unix", "-inflight", "1,16",
		"-markdown", markdown,
	}
	in, out := io.Pipe()
	in.Close()
	if err := run(args, out, io.Discard); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got error %v, want %v", err, io.ErrClosedPipe)
	}
	b, err := os.ReadFile(markdown)
	if err != nil {
		t.Fatal(err)
	}
	if text := string(b); !strings.Contains(text, ", 1 in flight") || strings.Contains(text, ", 16 in flight") {
		t.Errorf("want one cell of two, got %s", text)
	}
}

// However much fails, and in however many rounds, a cell has a line.
func TestFailures(t *testing.T) {
	overloaded := func(int64) (int, error) { return 0, errors.New("overloaded") }
	_, err := measure([]caller{overloaded, func(int64) (int, error) { return 1, nil }, overloaded}, time.Millisecond)
	if want := "2 of 3 callers failed, the first with: overloaded"; err == nil || err.Error() != want {
		t.Fatalf("got error %v, want %q", err, want)
	}
	var f failures
	if err := f.all(5); err != nil {
		t.Errorf("got error %v where nothing failed", err)
	}
	small, big := cell{Kind: "call", Payload: 64, Inflight: 1}, cell{Kind: "call", Payload: 64, Inflight: 3}
	f.add(entry{"x/unix/y", big}, err)
	f.add(entry{"x/unix/y", small}, io.EOF)
	f.add(entry{"x/unix/y", big}, io.EOF)
	want := "x/unix/y: call 64 B x3: in 2 of 5 rounds: 2 of 3 callers failed, the first with: overloaded\n" +
		"x/unix/y: call 64 B x1: in 1 of 5 rounds: EOF"
	if got := f.all(5).Error(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestHistogram(t *testing.T) {
	var h histogram
	for us := range 1000 {
		h.add(time.Duration(us) * time.Microsecond)
	}
	for q, want := range map[float64]time.Duration{0.5: 500 * time.Microsecond, 0.99: 990 * time.Microsecond} {
		if got := h.quantile(q); got < want*31/32 || got > want*33/32 {
			t.Errorf("quantile %v is %v, want %v give or take a 32nd", q, got, want)
		}
	}
}

func TestSummary(t *testing.T) {
	c := contender{library: "x", transport: "unix", codec: "y"}
	at := cell{Kind: "call", Payload: 64, Inflight: 1}
	in := func(library, codec string, round int, rate float64) result {
		return result{Contender: library, Transport: "unix", Codec: codec, Kind: "call", Payload: "64", Inflight: 1, Round: round, Rate: rate}
	}
	s := summarize([]contender{c}, []cell{at}, []result{
		in("x", "y", 1, 10), in("x", "y", 2, 40), in("x", "y", 3, 90),
		in("grpc", "proto", 1, 10), in("grpc", "proto", 2, 10), in("grpc", "proto", 3, 30),
	})
	if m := s.medians[entry{c.String(), at}]; m.rate != 40 || m.ratio != 3 {
		t.Errorf("got rate %v and ratio %v, want 40 and 3", m.rate, m.ratio)
	}
}

// Files are written beside JSON, too, and the tables have all numbers of a cell.
func TestFiles(t *testing.T) {
	dir := t.TempDir()
	markdown := filepath.Join(dir, "bench.md")
	args := []string{
		"-short", "-duration", "1ms", "-warmup", "1ms", "-kinds", "call,peers", "-contenders", "grpc/unix,raw/unix",
		"-json", "-markdown", markdown, "-svg", dir,
	}
	if err := run(args, io.Discard, io.Discard); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ name, says string }{
		{markdown, "| raw/unix/bytes |"},
		{markdown, "| contender | calls/s | x grpc | p50 us | p99 us | allocs | cpu us |"},
		{filepath.Join(dir, "calls-64.svg"), "16 in flight"},
		{filepath.Join(dir, "calls-64.svg"), "sans-serif;"},
		{filepath.Join(dir, "growth-peers.svg"), "connections"},
		{filepath.Join(dir, "growth-peers.svg"), "sans-serif;"},
	} {
		b, err := os.ReadFile(test.name)
		if err != nil {
			t.Error(err)
		} else if !strings.Contains(string(b), test.says) {
			t.Errorf("%s does not say %q", test.name, test.says)
		}
	}
}
