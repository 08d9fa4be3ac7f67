package ipc_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/ipcgen/ipcgen/runtime/ipc"
)

// How the cost of a call grows with what there is beside it. It should not:
//
//	go test ./runtime/ipc -run '^$' -bench 'Routes|Peers|Pending|Idle'
//
// Only figures of one run can be compared, line by line.

// BenchmarkRoutes calls one route after the other, of so many.
func BenchmarkRoutes(b *testing.B) {
	for _, n := range []int{1, 10, 100, 1_000, 10_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			srv := scaleServer(b)
			routes := make([]*ipc.Method[textArgs, string], n)
			for i := range routes {
				routes[i] = echoAt(fmt.Sprintf("Test.Echo%d", i))
				srv.Register(routes[i].Handle(handleEcho))
			}
			cl := scaleClients(b, serveScale(b, srv, "unix"), 1)[0]
			inFlight(b, func(i int) error {
				_, err := routes[i%n].Call(context.Background(), cl, &textArgs{"hello"})
				return err
			})
		})
	}
}

// BenchmarkPeers calls over one connection after the other, of so many: one
// call at a time, so that no two of them share a message.
func BenchmarkPeers(b *testing.B) {
	for _, scheme := range []string{"unix", "mem"} {
		for _, n := range []int{1, 10, 100, 1_000, 10_000} {
			if scheme == "unix" && n > 1_000 {
				continue // both ends are here: the files do not suffice
			}
			b.Run(fmt.Sprintf("%s/%d", scheme, n), func(b *testing.B) {
				srv := scaleServer(b)
				srv.Register(echoed.Handle(handleEcho))
				clients := scaleClients(b, serveScale(b, srv, scheme), n)
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					mustEcho(b, clients[i%n], &textArgs{"hello"})
				}
			})
		}
	}
}

// BenchmarkPending calls while so many calls of the same connection wait for
// their replies.
func BenchmarkPending(b *testing.B) {
	for _, n := range []int{1, 10, 100, 1_000, 10_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			srv := scaleServer(b)
			srv.Register(echoed.Handle(handleEcho), block.Handle(handleBlock))
			cl := scaleClients(b, serveScale(b, srv, "unix"), 1)[0]
			ctx, cancel := context.WithCancel(b.Context())
			defer cancel()
			for range n - 1 {
				block.Start(ctx, cl, &noArgs{})
			}
			mustEcho(b, cl, &textArgs{"they have arrived"})
			inFlight(b, func(int) error {
				_, err := echoed.Call(context.Background(), cl, &textArgs{"hello"})
				return err
			})
		})
	}
}

// BenchmarkIdle reports what one idle connection that has identified takes of
// its server's memory: bytes of heap and stacks in use, and what the process
// holds of the machine's. The clients are another process.
func BenchmarkIdle(b *testing.B) {
	for _, scheme := range []string{"unix", "tcp", "ws"} {
		for _, n := range []int{1_000, 5_000} {
			b.Run(fmt.Sprintf("%s/%d", scheme, n), func(b *testing.B) {
				srv := scaleServer(b)
				srv.Register(echoed.Handle(handleEcho))
				url := serveScale(b, srv, scheme)
				startCrowd(b, url, 10)() // what is there once is not counted
				waitFor(srv, 0)
				used, held := memoryInUse(), memoryHeld()
				leave := startCrowd(b, url, n)
				defer leave()
				b.ReportMetric(float64(memoryInUse()-used)/float64(n), "B/conn")
				if held > 0 {
					b.ReportMetric(float64(memoryHeld()-held)/float64(n), "resident-B/conn")
				}
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}

// inFlight measures call with 16 of them under way.
func inFlight(b *testing.B, call func(i int) error) {
	var next atomic.Int64
	b.ReportAllocs()
	b.SetParallelism(max(1, 16/runtime.GOMAXPROCS(0)))
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := call(int(next.Add(1))); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.StopTimer()
}

// echoAt is echoed under another name.
func echoAt(name string) *ipc.Method[textArgs, string] {
	m := *echoed
	m.Route = &ipc.Route{Name: name, Kind: ipc.KindCall}
	return &m
}

// manyLimits let through what the benchmarks count up to.
var manyLimits = ipc.Limits{Connections: 15_000, Pending: 15_000, Running: 15_000, RunningTotal: 15_000, Queue: 15_000}

var scaleSecret = []byte("for the length of a benchmark only")

func scaleServer(b *testing.B) *ipc.Server {
	srv := ipc.NewServer(&ipc.ServerOptions{
		Secret: scaleSecret, Logger: slog.New(slog.DiscardHandler), Limits: manyLimits,
	})
	b.Cleanup(func() { srv.Close() })
	return srv
}

// serveScale serves a socket of that kind and returns its URL.
func serveScale(b *testing.B, srv *ipc.Server, scheme string) string {
	b.Helper()
	url := map[string]string{
		"unix": "unix://" + filepath.Join(b.TempDir(), "s"),
		"tcp":  "tcp://127.0.0.1:0",
		"ws":   "ws://127.0.0.1:0",
		"mem":  "mem://" + filepath.Base(b.TempDir()) + strconv.Itoa(b.N),
	}[scheme]
	l, err := srv.Listen(b.Context(), url)
	if err != nil {
		b.Fatal(err)
	}
	go srv.Serve(context.Background(), l)
	return l.URL()
}

// scaleClients dials n times.
func scaleClients(b *testing.B, url string, n int) []*ipc.Client {
	b.Helper()
	clients, err := dialMany(url, n)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { closeMany(clients) })
	return clients
}

func dialMany(url string, n int) ([]*ipc.Client, error) {
	clients := make([]*ipc.Client, n)
	for i := range clients {
		o := &ipc.ClientOptions{Secret: scaleSecret, Logger: slog.New(slog.DiscardHandler), Limits: manyLimits}
		var err error
		if clients[i], err = ipc.Dial(context.Background(), url, o); err != nil {
			return nil, err
		}
	}
	return clients, nil
}

func closeMany(clients []*ipc.Client) {
	var closing sync.WaitGroup
	for _, cl := range clients {
		closing.Go(func() { cl.Close() })
	}
	closing.Wait()
}

// crowdEnv makes the test binary a process of idle clients of that URL.
const crowdEnv = "IPC_CROWD"

func TestMain(m *testing.M) {
	if url := os.Getenv(crowdEnv); url != "" {
		os.Exit(crowd(url, os.Args[1]))
	}
	if url := os.Getenv(mortalEnv); url != "" {
		os.Exit(beMortal(os.Args[1], url))
	}
	os.Exit(m.Run())
}

// crowd connects and stays until standard input ends.
func crowd(url, count string) int {
	n, err := strconv.Atoi(count)
	if err == nil {
		_, err = dialMany(url, n)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println("connected")
	bufio.NewReader(os.Stdin).ReadByte()
	return 0
}

// startCrowd starts a process with n clients and returns when they are connected.
func startCrowd(b *testing.B, url string, n int) (leave func()) {
	b.Helper()
	cmd := exec.Command(os.Args[0], strconv.Itoa(n))
	cmd.Env = append(os.Environ(), crowdEnv+"="+url)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	leave = func() {
		in.Close()
		cmd.Wait()
	}
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		leave()
		b.Fatal("the clients did not connect: ", err)
	}
	return leave
}

// waitFor waits until the server has n peers.
func waitFor(srv *ipc.Server, n int) {
	for len(srv.Peers()) != n {
		runtime.Gosched()
	}
}

// memoryInUse is that of heap and stacks, in bytes.
func memoryInUse() int {
	runtime.GC()
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapInuse + m.StackInuse)
}

// memoryHeld is what the process holds of the machine's memory, in bytes; 0
// where that cannot be told.
func memoryHeld() int {
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	fields := bytes.Fields(statm)
	pages, _ := strconv.Atoi(string(fields[1]))
	return pages * os.Getpagesize()
}
