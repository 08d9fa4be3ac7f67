// Package fallback has types that generated code leaves to reflection.
package fallback

import (
	"context"
	"encoding/json"
	"errors"
	"net/netip"
	"strings"

	"github.com/fxamacker/cbor/v2"

	"github.com/ipcgen/ipcgen/testdata/gen/ok/fallback/elsewhere"
)

// Fallback moves what encodes itself, and what only reflection can encode.
//
//ipc:service
type Fallback interface {
	Any(ctx context.Context, value any, values []any, table map[string]any) (any, error)
	Elsewhere(ctx context.Context, one elsewhere.Struct, many []elsewhere.Struct, text elsewhere.Text) (*elsewhere.Struct, error)
	Standard(ctx context.Context, address netip.Addr, prefixes []netip.Prefix, number json.Number) (*netip.Addr, error)
	Raw(ctx context.Context, raw cbor.RawMessage) (cbor.RawMessage, error)
	Marshalers(ctx context.Context, a Text, b Binary, c CBOR, d JSON, pointers []*Text) (Text, error)
	Embedded(ctx context.Context, v Embedding) (Embedding, error)
	Within(ctx context.Context, v Within) (Within, error)
}

// Text encodes itself as text, by value and by pointer.
type Text struct{ parts string }

// Samples are what the probe tries.
func (Text) Samples() []any { return []any{Text{}, Text{"a"}} }

// MarshalText implements encoding.TextMarshaler.
func (t Text) MarshalText() ([]byte, error) { return []byte("text:" + t.parts), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (t *Text) UnmarshalText(text []byte) error {
	rest, ok := strings.CutPrefix(string(text), "text:")
	if !ok {
		return errors.New("not a Text")
	}
	t.parts = rest
	return nil
}

// Binary encodes itself as bytes, by pointer.
type Binary int

// Samples are what the probe tries.
func (Binary) Samples() []any { return []any{Binary(0), Binary(255)} }

// MarshalBinary implements encoding.BinaryMarshaler.
func (b *Binary) MarshalBinary() ([]byte, error) { return []byte{byte(*b)}, nil }

// UnmarshalBinary implements encoding.BinaryUnmarshaler.
func (b *Binary) UnmarshalBinary(data []byte) error {
	if len(data) != 1 {
		return errors.New("not a Binary")
	}
	*b = Binary(data[0])
	return nil
}

// CBOR encodes itself.
type CBOR bool

// MarshalCBOR implements cbor.Marshaler.
func (c CBOR) MarshalCBOR() ([]byte, error) {
	if c {
		return []byte{1}, nil
	}
	return []byte{0}, nil
}

// UnmarshalCBOR implements cbor.Unmarshaler.
func (c *CBOR) UnmarshalCBOR(data []byte) error {
	*c = data[0] == 1
	return nil
}

// JSON encodes itself for JSON only.
type JSON string

// MarshalJSON implements json.Marshaler.
func (j JSON) MarshalJSON() ([]byte, error) { return json.Marshal("json:" + string(j)) }

// UnmarshalJSON implements json.Unmarshaler.
func (j *JSON) UnmarshalJSON(data []byte) error {
	var s string
	if err := json.Unmarshal(data, &s); err != nil {
		return err
	}
	*j = JSON(strings.TrimPrefix(s, "json:"))
	return nil
}

// Base is embedded.
type Base struct{ ID int }

// Embedding has the fields of Base.
type Embedding struct {
	Base
	Name string
}

// Within is written out, with fields that are not.
type Within struct {
	Name  string
	Text  Text
	Value any
	Many  []elsewhere.Struct
	Table map[Text]int
	Inner struct{ Embedding Embedding }
}
