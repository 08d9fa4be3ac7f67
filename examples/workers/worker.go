package main

import (
	"context"
	"iter"
	"math/big"
	"os"
	"sync/atomic"
	"time"

	"github.com/ipcgen/ipcgen/examples/workers/jobs"
	"github.com/ipcgen/ipcgen/runtime/ipc"
)

// work connects to the supervisor at url and does what it is told until the
// supervisor goes.
func work(ctx context.Context, url, name string) error {
	cl := ipc.NewClient(url, &ipc.ClientOptions{
		Identity:    ipc.Identity{Group: "workers", Name: name},
		NoReconnect: true,
	})
	defer cl.Close()
	jobs.RegisterWorker(cl, new(worker)) // before Connect: jobs come at once
	if err := cl.Connect(ctx); err != nil {
		return err
	}
	<-cl.Done()
	return nil
}

// worker is a jobs.Worker.
type worker struct{ finished atomic.Int64 }

func (w *worker) Count(_ context.Context, job jobs.Job) iter.Seq2[jobs.Progress, error] {
	return func(yield func(jobs.Progress, error) bool) {
		start := time.Now()
		middle := (job.From + job.To) / 2
		primes := count(job.From, middle)
		if !yield(jobs.Progress{Percent: 50}, nil) {
			return // the supervisor wants no more, or is gone
		}
		if w.finished.Load() == 2 {
			os.Exit(1) // the accident
		}
		primes += count(middle, job.To)
		w.finished.Add(1)
		yield(jobs.Progress{Percent: 100, Result: &jobs.Result{Primes: primes, Took: time.Since(start)}}, nil)
	}
}

func (w *worker) Tally(context.Context) (int, error) { return int(w.finished.Load()), nil }

// count returns how many of the numbers from up to to are prime.
func count(from, to int) (primes int) {
	for n := from; n < to; n++ {
		if big.NewInt(int64(n)).ProbablyPrime(0) { // below 2⁶⁴ that is certain
			primes++
		}
	}
	return primes
}
