package club

import (
	"bytes"
	"context"
	"strconv"
	"strings"
	"sync/atomic"
)

// RoomEvents are what happens in a room. The server publishes them.
//
//ipc:events topic=room.{room}
type RoomEvents interface {
	// Entered tells of somebody new.
	Entered(ctx context.Context, room, name string) error
	// Posted tells what was said.
	Posted(ctx context.Context, room string, m Message) error
	// Drawn shows a sketch.
	Drawn(ctx context.Context, room string, s Sketch) error
}

// Signs are what members let each other know. They publish that themselves.
//
//ipc:events topic=sign.{room}.{name}
type Signs interface {
	// Typing tells that somebody is about to say something.
	Typing(ctx context.Context, room, name string) error
}

// News concern everybody.
//
//ipc:events topic=news
type News interface {
	Announced(ctx context.Context, text string) error
}

// Sketch is a drawing. To send it is work, which it counts.
type Sketch struct {
	Number  int
	Size    int           // bytes
	Renders *atomic.Int64 // may be nil
}

// MarshalText renders the sketch.
func (s Sketch) MarshalText() ([]byte, error) {
	if s.Renders != nil {
		s.Renders.Add(1)
	}
	return []byte(strconv.Itoa(s.Number) + ":" + strings.Repeat("/", s.Size)), nil
}

// UnmarshalText reads what MarshalText has made.
func (s *Sketch) UnmarshalText(text []byte) (err error) {
	number, rendered, _ := bytes.Cut(text, []byte(":"))
	s.Size = len(rendered)
	s.Number, err = strconv.Atoi(string(number))
	return err
}
