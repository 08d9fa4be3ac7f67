// Workers is a server that calls its clients: a supervisor hands jobs to the
// workers that have connected to it. They come and go: each has an accident
// halfway through its third job.
//
//	go run ./examples/workers
//
// A worker is a process of its own, this program once more. The supervisor
// opens a stream for each job, hears of the progress, and gets a typed result;
// where the worker was lost it asks another one. In the end it asks all who
// are there at once what they have done.
package main

import (
	"context"
	"io"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"sync"
	"time"

	"github.com/ipcgen/ipcgen/examples/workers/jobs"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	run := func() error { return supervise(ctx, os.Stdout) }
	if len(os.Args) == 4 && os.Args[1] == "work" {
		run = func() error { return work(ctx, os.Args[2], os.Args[3]) }
	}
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

// supervise counts the primes below 100,000 with two workers.
func supervise(ctx context.Context, out io.Writer) error {
	dir, err := os.MkdirTemp("", "workers")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	s := newSupervisor(log.New(out, "", 0))
	defer s.srv.Close()
	l, err := s.srv.Listen(ctx, "unix://"+dir+"/supervisor.sock")
	if err != nil {
		return err
	}
	go s.srv.Serve(ctx, l)

	var crew sync.WaitGroup
	defer crew.Wait()
	ctx, dismiss := context.WithCancel(ctx)
	defer dismiss()
	for _, name := range []string{"ada", "bob"} {
		crew.Go(func() { keep(ctx, l.URL(), name) })
	}

	primes, err := s.count(ctx, 100_000, 10)
	if err != nil {
		return err
	}
	s.log.Println(primes, "primes")
	for r := range jobs.NewWorkerGroup(s.srv.Group("workers")).Tally(ctx) {
		if r.Err == nil {
			s.log.Printf("%v is there, jobs finished: %d", r.From, r.Value)
		}
	}
	return nil
}

// keep runs a worker of that name, and another one when it ends, until ctx does.
func keep(ctx context.Context, url, name string) {
	for ctx.Err() == nil {
		cmd := exec.CommandContext(ctx, os.Args[0], "work", url, name)
		cmd.Stderr = os.Stderr
		if err := cmd.Run(); err != nil && ctx.Err() == nil {
			log.Print(name, ": ", err)
		}
		time.Sleep(10 * time.Millisecond) // not too eagerly
	}
}
