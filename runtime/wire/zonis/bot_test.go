package zonis

import (
	"context"
	"io"
	"iter"
	"log/slog"
	"math"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/ipc"
)

//go:generate go tool ipcgen

// Bot is what both sides serve in these tests, in Go and in Python.
//
//ipc:service bare
type Bot interface {
	//ipc:route name=hello
	Hello(ctx context.Context, name string) (string, error)
	//ipc:route name=scale
	Scale(ctx context.Context, x, factor float64) (float64, error)
	//ipc:route name=fail timeout=1s
	Fail(ctx context.Context, how string) error
	//ipc:route name=meet
	Meet(ctx context.Context) (string, error) // asks its caller for a hello
	//ipc:route name=wait timeout=1s
	Wait(ctx context.Context) error
	//ipc:route name=count
	Count(ctx context.Context, to int) iter.Seq2[int, error]
	//ipc:route name=note
	//ipc:notify
	Note(ctx context.Context, text string) error
}

// Absent is what nobody serves.
//
//ipc:service bare
type Absent interface {
	//ipc:route name=nowhere
	Nowhere(ctx context.Context) error
}

type bot struct{ caller func() ipc.Caller }

func (bot) Hello(_ context.Context, name string) (string, error) { return "hello, " + name, nil }

func (bot) Scale(_ context.Context, x, factor float64) (float64, error) {
	if factor == 0 {
		return math.NaN(), nil
	}
	return x * factor, nil
}

func (bot) Fail(_ context.Context, how string) error {
	switch how {
	case "told":
		return ipc.Errorf("bot.sorry", "not today")
	case "panic":
		panic("a secret of the handler")
	}
	return io.ErrUnexpectedEOF
}

func (b bot) Meet(ctx context.Context) (string, error) {
	if b.caller == nil {
		return "", ipc.Errorf(code.Unsupported, "nobody to meet")
	}
	return NewBotClient(b.caller()).Hello(ctx, "you")
}

func (bot) Wait(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

func (bot) Count(context.Context, int) iter.Seq2[int, error] {
	return func(func(int, error) bool) {}
}

func (bot) Note(context.Context, string) error { return nil }

var quiet = slog.New(slog.DiscardHandler)
