package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestMain lets the test's own program be the tour.
func TestMain(m *testing.M) {
	if os.Getenv("TAKE_THE_TOUR") != "" {
		main()
		return
	}
	os.Setenv("GORACE", "atexit_sleep_ms=0") // a race build lingers for a second
	os.Exit(m.Run())
}

// ownTemp makes the tours of a test write into a directory of their own. Its
// name is short because that of a socket must be.
func ownTemp(t *testing.T) (dir string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "t")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	t.Setenv("TMPDIR", dir)
	t.Setenv("TMP", dir)
	return dir
}

func checkEmpty(t *testing.T, dir string) {
	t.Helper()
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestTour(t *testing.T) {
	dir := ownTemp(t)
	var out bytes.Buffer
	if err := run(t.Context(), &out); err != nil {
		t.Fatalf("%v, after\n%s", err, &out)
	}
	checkEmpty(t, dir)
	rest := out.String()
	for _, want := range []string{
		"1  You annotate", "//ipc:service\n      type Hub interface {", "= package weather, in ",
		"typo.go:7:8: unknown-directive: ", "typo.go:8:28: unsupported-type: ", "= 2 mistakes ",
		"func RegisterHub(r ipc.Registrar, impl Hub)\n", "= weather/ipc_gen.go, ",
		"= go build ",
		"weather.RegisterHub(srv, hub{srv})", "= 4 processes",
		"return hub.Forecast(ctx, \"oslo\")\n", "= {Sky:rain Low:4 High:9} ",
		"errors.Is(err, weather.ErrNoPlace)", "= ipc: weather.no-place: there is no such place ",
		"hub.StartForecast(", "= [{Sky:sun Low:18 High:31} {Sky:fog Low:15 High:19}] ",
		"range hub.Watch(", "break", "= [4 4.5 5 5.5 6] ",
		"NewStationClient(peer)", "= 21 ",
		"NewStationGroup(", "= map[cairo:30.5 here:21 lima:18 oslo:4.5] ",
		"unix         ws      stdio\n", "call ", "survey ", "= 3 processes ",
		"That was all",
	} {
		_, after, ok := strings.Cut(rest, want)
		if !ok {
			t.Fatalf("%q is missing, or not in its place, in\n%s", want, &out)
		}
		rest = after
	}
}

func TestAFailedTourSaysWhere(t *testing.T) {
	dir := ownTemp(t)
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "TAKE_THE_TOUR=1", "PATH=")
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState.ExitCode() != 1 || !strings.Contains(string(out), "\ntour: step 1: go work init") {
		t.Errorf("without a go command: %v, after\n%s", err, out)
	}
	checkEmpty(t, dir)
}

// startTour starts a tour as a process, and waits for it to print text.
func startTour(t *testing.T, text string) (cmd *exec.Cmd, stderr *strings.Builder) {
	t.Helper()
	cmd, stderr = exec.CommandContext(t.Context(), os.Args[0]), new(strings.Builder)
	cmd.Env, cmd.Stderr = append(os.Environ(), "TAKE_THE_TOUR=1"), stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		if strings.Contains(lines.Text(), text) {
			go io.Copy(io.Discard, stdout)
			return cmd, stderr
		}
	}
	t.Fatalf("the tour ends without %q: %v, %s", text, cmd.Wait(), stderr)
	return nil, nil
}

func TestAnInterruptedTourLeavesNothing(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("nothing can be interrupted like that")
	}
	dir := ownTemp(t)
	tour, stderr := startTour(t, "Go compiles it")
	tour.Process.Signal(os.Interrupt)
	tour.Wait()
	if tour.ProcessState.ExitCode() != 1 || stderr.String() != "\ntour: interrupt signal received\n" {
		t.Errorf("%v, %q", tour.ProcessState, stderr)
	}
	checkEmpty(t, dir)
}

func TestProcessesEndWithTheirTour(t *testing.T) {
	for _, signal := range []os.Signal{os.Interrupt, os.Kill} {
		t.Run(signal.String(), func(t *testing.T) {
			if runtime.GOOS == "windows" && signal == os.Interrupt {
				t.Skip("nothing can be interrupted like that")
			}
			dir := ownTemp(t)
			tour, _ := startTour(t, "= 4 processes")
			sockets, _ := filepath.Glob(dir + "/*/hub.sock")
			hub, err := net.Dial("unix", strings.Join(sockets, " "))
			if err != nil {
				t.Fatal(err)
			}
			defer hub.Close()
			tour.Process.Signal(signal)
			hub.SetReadDeadline(time.Now().Add(5 * time.Second)) // by itself it would wait longer
			if _, err := io.Copy(io.Discard, hub); errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("the hub goes on: %v", err)
			}
			tour.Wait()
		})
	}
}
