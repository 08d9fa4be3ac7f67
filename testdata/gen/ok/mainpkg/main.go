// Command mainpkg is a program with a service of its own.
package main

import "context"

// Control controls the program.
//
//ipc:service
type Control interface {
	Stop(ctx context.Context, reason Reason) (status, error)
}

// Reason says why.
type Reason struct{ Text string }

type status struct{ Code int }

func main() {}
