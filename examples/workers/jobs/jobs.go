// Package jobs is what the supervisor and the workers of package workers agree
// on.
package jobs

import (
	"context"
	"fmt"
	"iter"
	"time"
)

//go:generate go tool ipcgen

// Worker does jobs. Workers connect to the supervisor, and the supervisor
// calls them.
//
//ipc:service
type Worker interface {
	// Count counts the primes of job. It tells of its progress, and with the
	// last of it the result.
	Count(ctx context.Context, job Job) iter.Seq2[Progress, error]

	// Tally tells how many jobs the worker has finished.
	//
	//ipc:route timeout=2s idempotent
	Tally(ctx context.Context) (int, error)
}

// Job is the numbers from From up to To, which is not one of them.
type Job struct{ From, To int }

// String returns the range.
func (j Job) String() string { return fmt.Sprintf("%d..%d", j.From, j.To-1) }

// Progress is how far a job is.
type Progress struct {
	Percent int
	Result  *Result // at 100 percent, else nil
}

// Result is what a job came to.
type Result struct {
	Primes int
	Took   time.Duration
}
