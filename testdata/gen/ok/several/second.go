package several

import (
	"context"
	"iter"
)

// Streams only streams: it has no group.
//
//ipc:service
type Streams interface {
	Items(ctx context.Context) iter.Seq2[Item, error]
	SecondDo(ctx context.Context, in iter.Seq2[Item, error]) (int, error)
}
