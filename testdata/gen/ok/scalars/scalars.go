// Package scalars has every basic type.
package scalars

import (
	"context"
	"time"
)

// Scalars moves basic values.
//
//ipc:service
type Scalars interface {
	Ints(ctx context.Context, i int, i8 int8, i16 int16, i32 int32, i64 int64, r rune) (int64, error)
	Uints(ctx context.Context, u uint, u8 uint8, u16 uint16, u32 uint32, u64 uint64, b byte) (uint64, error)
	Floats(ctx context.Context, f32 float32, f64 float64) (float64, error)
	Texts(ctx context.Context, s string, b []byte, ok bool) (string, error)
	Times(ctx context.Context, at time.Time, after time.Duration) (time.Time, error)
	All(ctx context.Context, all All) (All, error)
}

// All has a field of every basic type.
type All struct {
	Bool    bool
	Int     int
	Int8    int8
	Int16   int16
	Int32   int32
	Int64   int64
	Uint    uint
	Uint8   uint8
	Uint16  uint16
	Uint32  uint32
	Uint64  uint64
	Float32 float32
	Float64 float64
	String  string
	Bytes   []byte
	Time    time.Time
	After   time.Duration
}
