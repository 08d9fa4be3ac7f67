package testfile

import "context"

// Inspector is a service of the tests.
//
//ipc:service
type Inspector interface {
	Look(ctx context.Context, item Item) ([]found, error)
}

type found struct{ At int }
