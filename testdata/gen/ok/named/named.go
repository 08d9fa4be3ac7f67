// Package named has routes over types with names that are no structs.
package named

import (
	"context"
	"iter"
	"time"
)

// Named takes and returns every kind of named type.
//
//ipc:service
type Named interface {
	Basic(ctx context.Context, color Color, level Level, ratio Ratio, on Switch, mask Mask) (Color, error)
	Lists(ctx context.Context, ids IDs, blob Blob, digest Digest, grid Grid) (IDs, error)
	Maps(ctx context.Context, stock Stock, tree map[Color]IDs) (Stock, error)
	Pointers(ctx context.Context, id *Color, ids *IDs) (*Level, error)
	Aliases(ctx context.Context, text Text, texts Texts, when Moment) (Texts, error)
	Recursive(ctx context.Context, tree Tree, index Index) (Tree, error)
	Indirect(ctx context.Context, ref Ref, bits []Bit) (Ref, error)
	Colors(ctx context.Context) iter.Seq2[Color, error]
	Long(ctx context.Context, timeout time.Duration, month time.Month) (time.Duration, error)
}

type (
	// Color is text.
	Color string
	// Level is a small number.
	Level int8
	// Ratio is a fraction.
	Ratio float32
	// Switch is on or off.
	Switch bool
	// Mask is a set of bits.
	Mask uint16
	// Bit is a byte by another name.
	Bit byte
	// IDs is a slice.
	IDs []int
	// Blob is bytes.
	Blob []byte
	// Digest is an array of bytes.
	Digest [4]byte
	// Grid is an array of slices.
	Grid [2][]Color
	// Stock is a map.
	Stock map[Color]Level
	// Tree contains itself without a struct between.
	Tree []Tree
	// Index contains itself as a map.
	Index map[string]Index
	// Ref is a pointer with a name.
	Ref *Level
)

type (
	// Text is an alias.
	Text = string
	// Texts is an alias of a type without a name.
	Texts = []Text
	// Moment is an alias of another package's type.
	Moment = time.Time
)
