package main

import (
	"context"
	"log"

	"golang.org/x/sync/errgroup"

	"github.com/ipcgen/ipcgen/examples/workers/jobs"
	"github.com/ipcgen/ipcgen/runtime/ipc"
)

// supervisor hands jobs to the workers that are connected, one at a time to
// each.
type supervisor struct {
	srv  *ipc.Server
	idle chan *ipc.Peer // workers without a job
	log  *log.Logger
}

// newSupervisor returns one whose server does not listen yet.
func newSupervisor(log *log.Logger) *supervisor {
	s := &supervisor{idle: make(chan *ipc.Peer, 100), log: log}
	s.srv = ipc.NewServer(&ipc.ServerOptions{OnJoin: func(_ context.Context, p *ipc.Peer) error {
		log.Println(p, "joins")
		s.idle <- p
		return nil
	}})
	return s
}

// count counts the primes below n, in pieces.
func (s *supervisor) count(ctx context.Context, n, pieces int) (primes int, err error) {
	results := make([]jobs.Result, pieces)
	g, ctx := errgroup.WithContext(ctx)
	for i := range pieces {
		g.Go(func() (err error) {
			results[i], err = s.do(ctx, jobs.Job{From: n * i / pieces, To: n * (i + 1) / pieces})
			return err
		})
	}
	err = g.Wait()
	for _, r := range results {
		primes += r.Primes
	}
	return primes, err
}

// do has job done by whoever is idle, and by another one if that fails: to
// count twice does no harm.
func (s *supervisor) do(ctx context.Context, job jobs.Job) (jobs.Result, error) {
	for {
		select {
		case p := <-s.idle:
			r, err := s.assign(ctx, p, job)
			if err == nil {
				s.idle <- p
				return r, nil
			}
			s.log.Printf("%v fails: %v", p, err)
		case <-ctx.Done():
			return jobs.Result{}, ctx.Err()
		}
	}
}

// assign has the worker p do job.
func (s *supervisor) assign(ctx context.Context, p *ipc.Peer, job jobs.Job) (r jobs.Result, err error) {
	for step, err := range jobs.NewWorkerClient(p).Count(ctx, job) {
		if err != nil {
			return r, err
		}
		s.log.Printf("%v has done %d%% of %v", p, step.Percent, job)
		if step.Result != nil {
			r = *step.Result
		}
	}
	return r, nil
}
