package compress_test

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/ipcgen/ipcgen/runtime/wire"
	"github.com/ipcgen/ipcgen/runtime/wire/compress"
)

var bases = []wire.Dialect{wire.CBORv1, wire.JSONv1}

// body returns an encoded value of about n bytes that compresses well.
func body(t testing.TB, c wire.Codec, n int) []byte {
	t.Helper()
	var lines []string
	for i := 0; n > 0; i++ {
		line := fmt.Sprintf("%d: the quick brown fox jumps over %d lazy dogs", i, i*i)
		lines, n = append(lines, line), n-len(line)
	}
	return encode(t, c, lines)
}

// noise returns an encoded value of about n bytes that does not compress, or as
// JSON, which has no room for 256 different bytes, by a fifth at most.
func noise(t testing.TB, c wire.Codec, n int) []byte {
	t.Helper()
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rand.Uint32())
	}
	if c == wire.JSON {
		for i := range b {
			b[i] = '!' + b[i]%94
		}
		return encode(t, c, strings.NewReplacer(`"`, "x", `\`, "y").Replace(string(b)))
	}
	return encode(t, c, b)
}

func encode[T any](t testing.TB, c wire.Codec, v T) []byte {
	t.Helper()
	b, err := wire.Marshal(c, nil, nil, &v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func appended(t testing.TB, d wire.Dialect, msg []byte, packets ...wire.Packet) []byte {
	t.Helper()
	for _, p := range packets {
		var err error
		if msg, err = d.Append(msg, &p); err != nil {
			t.Fatal(err)
		}
	}
	return msg
}

func TestNames(t *testing.T) {
	for _, base := range bases {
		d := compress.Deflate(base, nil)
		if d.Name() != base.Name()+"+deflate" || d.Codec() != base.Codec() || d.Text() {
			t.Errorf("%s: %s, codec %v, text %v", base.Name(), d.Name(), d.Codec(), d.Text())
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("level 10 was taken")
		}
	}()
	compress.Deflate(wire.CBORv1, &compress.Options{Level: 10})
}

// Packets with small and large bodies, one behind the other in a message,
// arrive as they were sent.
func TestMessages(t *testing.T) {
	for _, base := range bases {
		t.Run(base.Name(), func(t *testing.T) {
			d, c := compress.Deflate(base, nil), base.Codec()
			sent := []wire.Packet{
				{Kind: wire.KindCall, ID: 1, Route: "A.B", Body: body(t, c, 100_000), Meta: map[string]string{"k": "v"}},
				{Kind: wire.KindPing, ID: 7},
				{Kind: wire.KindReply, ID: 2, Body: body(t, c, 100)},
				{Kind: wire.KindError, ID: 4, Code: "a.b", Ran: true, Body: body(t, c, 5000)},
				{Kind: wire.KindItem, ID: 6, Body: noise(t, c, 5000)},
				{Kind: wire.KindNotify, Route: "A.C", Body: body(t, c, 1<<20-1<<16)},
			}
			msg := appended(t, d, nil, sent...)
			if plain := appended(t, base, nil, sent...); len(msg) > len(plain)/3 {
				t.Errorf("%d bytes, plain they are %d", len(msg), len(plain))
			}
			for i, want := range sent {
				var got wire.Packet
				var err error
				if msg, err = d.Next(msg, &got); err != nil {
					t.Fatal(i, err)
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("packet %d: %s", i, diff)
				}
			}
			if len(msg) > 0 {
				t.Errorf("%d bytes are left", len(msg))
			}
		})
	}
}

// What is small, or would not become smaller, is what the wrapped dialect sends,
// and so is the handshake.
func TestPlain(t *testing.T) {
	for _, base := range bases {
		d, c := compress.Deflate(base, &compress.Options{Threshold: 2000}), base.Codec()
		for name, p := range map[string]wire.Packet{
			"small":     {Kind: wire.KindCall, ID: 1, Route: "A.B", Body: body(t, c, 1500)},
			"handshake": {Kind: wire.KindIdentify, Body: body(t, c, 50_000)},
			"metadata":  {Kind: wire.KindMetadata, Body: body(t, c, 50_000)},
			"no body":   {Kind: wire.KindCancel, ID: 1},
		} {
			if got, want := appended(t, d, nil, p), appended(t, base, nil, p); !bytes.Equal(got, want) {
				t.Errorf("%s, %s: %d bytes, plain they are %d", base.Name(), name, len(got), len(want))
			}
		}
	}
	p := wire.Packet{Kind: wire.KindCall, ID: 1, Route: "A.B", Body: noise(t, wire.CBOR, 50_000)}
	if got, want := appended(t, compress.Deflate(wire.CBORv1, nil), nil, p), appended(t, wire.CBORv1, nil, p); !bytes.Equal(got, want) {
		t.Errorf("noise: %d bytes, plain they are %d", len(got), len(want))
	}
}

// In JSON there is a newline between two packets, compressed or not, and nowhere
// else: who has read past what is compressed reads a line.
func TestNewlines(t *testing.T) {
	d := compress.Deflate(wire.JSONv1, nil)
	ping, large := wire.Packet{Kind: wire.KindPing, ID: 7}, wire.Packet{Kind: wire.KindReply, ID: 1, Body: body(t, wire.JSON, 5000)}
	msg := appended(t, d, nil, large, ping, large, large, ping)
	want := `{"kind":"reply","id":1} {"kind":"ping","id":7} {"kind":"reply","id":1} {"kind":"reply","id":1} {"kind":"ping","id":7}`
	var heard []string
	for more := true; more; {
		if msg[0] == 0 {
			_, n := binary.Uvarint(msg[1:])
			length, m := binary.Uvarint(msg[1+n:])
			msg = msg[1+n+m+int(length):]
		}
		var line []byte
		line, msg, more = bytes.Cut(msg, []byte("\n"))
		heard = append(heard, string(line))
	}
	if got := strings.Join(heard, " "); got != want {
		t.Errorf("the lines are %s", got)
	}
}

// The message that PROTOCOL.md shows.
func TestDocument(t *testing.T) {
	page, err := os.ReadFile("../../../PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	_, block, _ := strings.Cut(string(page), "```deflate\n")
	block, _, _ = strings.Cut(block, "```")
	msg, err := hex.DecodeString(strings.Join(strings.Fields(block), ""))
	if err != nil || len(msg) == 0 {
		t.Fatalf("%d bytes, %v", len(msg), err)
	}
	d := compress.Deflate(wire.CBORv1, nil)
	var call, ping wire.Packet
	rest, err := d.Next(msg, &call)
	if err != nil {
		t.Fatal(err)
	}
	want := encode(t, wire.CBOR, map[string]string{"name": strings.Repeat("Ada", 40)})
	if !bytes.Equal(call.Body, want) || call.Route != "Greeter.Hello" || call.ID != 1 {
		t.Errorf("the call is %+v", call)
	}
	if rest, err = d.Next(rest, &ping); err != nil || ping.Kind != wire.KindPing || len(rest) > 0 {
		t.Errorf("the ping is %+v, %v, and %d bytes follow", ping, err, len(rest))
	}
}

// A packet that the wrapped dialect refuses to send leaves the message alone.
func TestAppendRefuses(t *testing.T) {
	d := compress.Deflate(wire.CBORv1, nil)
	before := appended(t, d, nil, wire.Packet{Kind: wire.KindPing, ID: 1})
	after, err := d.Append(bytes.Clone(before), &wire.Packet{Kind: wire.KindCall, ID: 1, Route: "not a name", Body: body(t, wire.CBOR, 5000)})
	if err == nil || !bytes.Equal(after, before) {
		t.Errorf("%v, and %d bytes became %d", err, len(before), len(after))
	}
}

// deflated returns b compressed.
func deflated(b []byte) []byte {
	var out bytes.Buffer
	w, _ := flate.NewWriter(&out, flate.BestCompression)
	w.Write(b)
	w.Close()
	return out.Bytes()
}

// packed returns a packet whose body claims to be of size bytes.
func packed(t testing.TB, size uint64, small []byte, p wire.Packet) []byte {
	msg := []byte{0}
	msg = binary.AppendUvarint(msg, size)
	msg = binary.AppendUvarint(msg, uint64(len(small)))
	return appended(t, wire.CBORv1, append(msg, small...), p)
}

// Bombs and garbage are refused, the packet alone, with a word that says why,
// and without the memory they ask for.
func TestBombs(t *testing.T) {
	d := compress.Deflate(wire.CBORv1, &compress.Options{MaxBody: 64 << 10})
	zeros := make([]byte, 10<<20)
	bomb := deflated(zeros)
	call := wire.Packet{Kind: wire.KindCall, ID: 5, Route: "A.B"}
	for _, test := range []struct {
		name  string
		size  uint64
		small []byte
		want  string
	}{
		{"10 MiB of zeros", 10 << 20, bomb, "a body of 10485760 bytes after inflating, the limit is 65536"},
		{"10 MiB of zeros, denied", 64 << 10, bomb, "longer than 65536 bytes"},
		{"one byte above the limit", 64<<10 + 1, deflated(zeros[:64<<10+1]), "the limit is 65536"},
		{"more than can be", 60_000, deflated(zeros[:100])[:5], "5 compressed bytes cannot be a body of 60000"},
		{"the largest number", 1<<64 - 1, []byte("x"), "the limit is 65536"},
		{"too short", 101, deflated(zeros[:100]), "not of 101 bytes"},
		{"cut off", 1000, deflated(bytes.Repeat([]byte("abcdefgh"), 125))[:10], "not of 1000 bytes"},
		{"garbage", 100, bytes.Repeat([]byte{0xff}, 100), "malformed"},
		{"something behind it", 100, append(deflated(zeros[:100]), 1), "longer than 100 bytes"},
	} {
		t.Run(test.name, func(t *testing.T) {
			msg := packed(t, test.size, test.small, call)
			msg = appended(t, d, msg, wire.Packet{Kind: wire.KindPing, ID: 9})
			var p wire.Packet
			var rest []byte
			var err error
			d.Next(msg, &p) // makes what is kept for reuse
			used := allocated(func() { rest, err = d.Next(msg, &p) })
			var bad *wire.PacketError
			if !errors.As(err, &bad) || bad.ID != 5 || bad.Kind != wire.KindCall || bad.Code != wire.CodeBadRequest || !strings.Contains(bad.Message, test.want) {
				t.Errorf("%v, want %s", err, test.want)
			}
			if used > 128<<10 {
				t.Errorf("%d bytes were allocated", used)
			}
			if _, err := d.Next(rest, &p); err != nil || p.Kind != wire.KindPing || p.ID != 9 {
				t.Errorf("the packet behind it: %+v, %v", p, err)
			}
		})
	}
}

// allocated returns how many bytes fn allocates.
func allocated(fn func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	fn()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// What cannot be read at all ends the connection.
func TestMalformed(t *testing.T) {
	d := compress.Deflate(wire.CBORv1, nil)
	small := deflated(make([]byte, 100))
	whole := packed(t, 100, small, wire.Packet{Kind: wire.KindCall, ID: 1, Route: "A.B"})
	messages := [][]byte{
		packed(t, 100, small, wire.Packet{Kind: wire.KindCall, ID: 1, Route: "A.B", Body: []byte{0xf6}}),
		packed(t, 100, small, wire.Packet{Kind: wire.KindIdentify}),
		packed(t, 100, small, wire.Packet{Kind: wire.KindMetadata}),
		bytes.Repeat([]byte{0}, 40), // a marker behind a marker
		append([]byte{0}, bytes.Repeat([]byte{0xff}, 20)...),
	}
	for i := range whole {
		messages = append(messages, whole[:i])
	}
	for _, msg := range messages {
		var p wire.Packet
		_, err := d.Next(msg, &p)
		var bad *wire.PacketError
		if err == nil || errors.As(err, &bad) {
			t.Errorf("%x: %v", msg, err)
		}
	}
	var p wire.Packet
	if _, err := d.Next(whole, &p); err != nil || len(p.Body) != 100 {
		t.Errorf("the whole: %v", err)
	}
}

// A compressed body does not live in the message it came in.
func TestBodyIsItsOwn(t *testing.T) {
	d := compress.Deflate(wire.CBORv1, nil)
	want := body(t, wire.CBOR, 5000)
	msg := appended(t, d, nil, wire.Packet{Kind: wire.KindReply, ID: 1, Body: want})
	var p wire.Packet
	if _, err := d.Next(msg, &p); err != nil {
		t.Fatal(err)
	}
	clear(msg)
	if !bytes.Equal(p.Body, want) {
		t.Error("the body changed with its message")
	}
}

// FuzzNext feeds anything: what is taken stays within the limit, and crosses
// again unchanged.
func FuzzNext(f *testing.F) {
	for _, base := range bases {
		d := compress.Deflate(base, nil)
		msg := appended(f, d, nil,
			wire.Packet{Kind: wire.KindCall, ID: 1, Route: "A.B", Body: body(f, base.Codec(), 2000)},
			wire.Packet{Kind: wire.KindPing, ID: 1})
		f.Add(msg, base == wire.JSONv1)
		f.Add(msg[:len(msg)/2], base == wire.JSONv1)
	}
	f.Add(packed(f, 100, deflated(make([]byte, 100)), wire.Packet{Kind: wire.KindReply, ID: 2}), false)
	const limit = 4096
	f.Fuzz(func(t *testing.T, msg []byte, isJSON bool) {
		base := wire.CBORv1
		if isJSON {
			base = wire.JSONv1
		}
		d := compress.Deflate(base, &compress.Options{MaxBody: limit, Threshold: 64})
		for len(msg) > 0 {
			var p wire.Packet
			rest, err := d.Next(msg, &p)
			var bad *wire.PacketError
			if err != nil && !errors.As(err, &bad) {
				return
			}
			if len(rest) >= len(msg) {
				t.Fatalf("%d bytes after %d", len(rest), len(msg))
			}
			if len(p.Body) > max(limit, len(msg)) {
				t.Fatalf("a body of %d bytes", len(p.Body))
			}
			if err == nil {
				crossAgain(t, d, &p)
			}
			msg = rest
		}
	})
}

func crossAgain(t *testing.T, d wire.Dialect, p *wire.Packet) {
	again, err := d.Append(nil, p)
	if err != nil {
		return // inflated to what is no JSON
	}
	var got wire.Packet
	if rest, err := d.Next(again, &got); err != nil || len(rest) > 0 {
		t.Fatalf("again: %v, %d bytes are left", err, len(rest))
	}
	if diff := cmp.Diff(p, &got); diff != "" {
		t.Fatal(diff)
	}
}

// BenchmarkPacket measures what compressing costs, and what it saves: ratio is
// the message's length to that of the plain one.
func BenchmarkPacket(b *testing.B) {
	for _, size := range []int{4 << 10, 64 << 10, 1<<20 - 64<<10} {
		for _, content := range []struct {
			name string
			body []byte
		}{{"text", body(b, wire.CBOR, size)}, {"noise", noise(b, wire.CBOR, size)}} {
			for name, d := range map[string]wire.Dialect{"plain": wire.CBORv1, "deflate": compress.Deflate(wire.CBORv1, nil)} {
				p := wire.Packet{Kind: wire.KindReply, ID: 1, Body: content.body}
				msg := appended(b, d, nil, p)
				ratio := float64(len(msg)) / float64(len(content.body))
				b.Run(fmt.Sprintf("%dKiB/%s/%s/append", size>>10, content.name, name), func(b *testing.B) {
					b.SetBytes(int64(size))
					for b.Loop() {
						msg, _ = d.Append(msg[:0], &p)
					}
					b.ReportMetric(ratio, "ratio")
				})
				b.Run(fmt.Sprintf("%dKiB/%s/%s/next", size>>10, content.name, name), func(b *testing.B) {
					b.SetBytes(int64(size))
					var got wire.Packet
					for b.Loop() {
						d.Next(msg, &got)
					}
				})
			}
		}
	}
}
