package gen

import (
	"context"

	"github.com/ipcgen/ipcgen/gen/load"
)

// Recognizes says whether a run would end before it has begun.
func Recognizes(ctx context.Context, cfg Config) (bool, error) {
	prog, err := load.List(ctx, cfg.load())
	if err != nil {
		return false, err
	}
	seen := newMemory(cfg.Cache)
	now, ok := seen.state(prog)
	return ok && seen.knows(now), nil
}
