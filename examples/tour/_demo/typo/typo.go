package typo

import "context"

//ipc:service
type Alarm interface {
	//ipc:nofity
	Ring(ctx context.Context, done chan bool) error
}
