package ipc_test

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// echoed is echo with the encodings that the generator writes.
var echoed = func() *ipc.Method[textArgs, string] {
	m := method[textArgs, string]("Test.Echo", ipc.KindCall)
	fields := []string{"Text"}
	m.Args = wire.Coding[textArgs]{
		Encode: func(e *wire.Encoder, v *textArgs) {
			e.Map(1)
			e.String("Text")
			wire.EncodeString(e, &v.Text)
		},
		Decode: func(d *wire.Decoder, v *textArgs) {
			for f := d.Fields(fields); f.Next(); {
				switch f.Index() {
				case 0:
					wire.DecodeString(d, &v.Text)
				}
			}
		},
	}
	m.Result = wire.Coding[string]{Encode: wire.EncodeString[string], Decode: wire.DecodeString[string]}
	return m
}()

// BenchmarkEcho measures calls over a real socket within one process, by how
// many are in flight.
func BenchmarkEcho(b *testing.B) {
	for _, inflight := range []int{1, 16, 256} {
		for _, size := range []int{64, 64 << 10} {
			b.Run(fmt.Sprintf("unix/%d/%d", size, inflight), func(b *testing.B) {
				cl := benchClient(b, "unix://"+filepath.Join(b.TempDir(), "s"))
				args := &textArgs{string(make([]byte, size))}
				b.ReportAllocs()
				b.SetParallelism((inflight + 1) / 2)
				if inflight == 1 {
					for b.Loop() {
						mustEcho(b, cl, args)
					}
					return
				}
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						mustEcho(b, cl, args)
					}
				})
			})
		}
	}
}

func mustEcho(b *testing.B, cl ipc.Caller, args *textArgs) {
	if _, err := echoed.Call(context.Background(), cl, args); err != nil {
		b.Error(err)
	}
}

func benchClient(b *testing.B, url string) *ipc.Client {
	b.Helper()
	cl, _ := benchPair(b, url)
	return cl
}

func benchPair(b *testing.B, url string) (*ipc.Client, *ipc.Server) {
	b.Helper()
	srv := ipc.NewServer(&ipc.ServerOptions{Logger: slog.New(slog.DiscardHandler)})
	srv.Register(echoed.Handle(handleEcho))
	l, err := srv.Listen(b.Context(), url)
	if err != nil {
		b.Fatal(err)
	}
	go srv.Serve(context.Background(), l)
	cl, err := ipc.Dial(b.Context(), l.URL(), nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { cl.Close(); srv.Close() })
	return cl, srv
}

// BenchmarkStream measures one-way streams of 1 KiB items, each way.
func BenchmarkStream(b *testing.B) {
	item := make([]byte, 1<<10)
	down := method[countArgs, []byte]("Bench.Down", ipc.KindStream)
	up := inputMethod[noArgs, []byte, int]("Bench.Up", ipc.KindUpload)
	down.Result = wire.Coding[[]byte]{Encode: wire.EncodeBytes[[]byte], Decode: wire.DecodeBytes[[]byte]}
	up.Input = down.Result
	items := func(n int) iter.Seq2[[]byte, error] {
		return func(yield func([]byte, error) bool) {
			for i := 0; i < n && yield(item, nil); i++ {
			}
		}
	}
	setup := func(b *testing.B) *ipc.Client {
		cl, srv := benchPair(b, "unix://"+filepath.Join(b.TempDir(), "s"))
		srv.Register(
			down.HandleStream(func(_ context.Context, a *countArgs) iter.Seq2[[]byte, error] { return items(a.N) }),
			up.HandleUpload(func(_ context.Context, _ *noArgs, in iter.Seq2[[]byte, error]) (n int, err error) {
				for range in {
					n++
				}
				return n, nil
			}),
		)
		b.SetBytes(int64(len(item)))
		b.ReportAllocs()
		b.ResetTimer()
		return cl
	}
	b.Run("down", func(b *testing.B) {
		cl := setup(b)
		for _, err := range down.Stream(b.Context(), cl, &countArgs{b.N}) {
			if err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("up", func(b *testing.B) {
		cl := setup(b)
		if n, err := up.Upload(b.Context(), cl, &noArgs{}, items(b.N)); n != b.N || err != nil {
			b.Fatal(n, err)
		}
	})
}
