package wire_test

import (
	"bytes"
	"testing"

	"github.com/ipcgen/ipcgen/runtime/wire"
)

type note struct {
	To   string
	Text []byte
	Seal []seal
}

type seal byte

var noteCoding = wire.Coding[note]{
	Encode: func(e *wire.Encoder, v *note) {
		e.Map(3)
		e.String("To")
		wire.EncodeString(e, &v.To)
		e.String("Text")
		wire.EncodeBytes(e, &v.Text)
		e.String("Seal")
		wire.EncodeSlice(e, &v.Seal, nil)
	},
	Decode: func(d *wire.Decoder, v *note) {
		for f := d.Fields([]string{"To", "Text", "Seal"}); f.Next(); {
			switch f.Index() {
			case 0:
				wire.DecodeString(d, &v.To)
			case 1:
				wire.DecodeBytes(d, &v.Text)
			case 2:
				wire.DecodeSlice(d, &v.Seal, nil)
			}
		}
	},
}

// What is borrowed is where it arrived, in a piece that cannot grow into what
// lies behind it; text is not, and nothing is that was not asked for.
func TestBorrow(t *testing.T) {
	sent := note{"ada", []byte("come at once"), []seal{1, 2, 3}}
	body := marshalIn(t, wire.CBOR, sent)
	if own := marshal(t, &noteCoding, &sent); !bytes.Equal(own, body) {
		t.Fatalf("%x is not %x", own, body)
	}
	var copied, lent note
	if err := wire.UnmarshalArgs(wire.CBOR, body, &noteCoding, &copied); err != nil {
		t.Fatal(err)
	}
	if err := wire.BorrowArgs(wire.CBOR, body, &noteCoding, &lent); err != nil {
		t.Fatal(err)
	}
	if string(lent.Text) != "come at once" || cap(lent.Text) != len(lent.Text) || cap(lent.Seal) != 3 {
		t.Fatalf("borrowed: %q with room for %d, %v", lent.Text, cap(lent.Text), lent.Seal)
	}
	clear(body)
	if string(copied.Text) != "come at once" || copied.Seal[2] != 3 || copied.To != "ada" {
		t.Errorf("copies change with the body: %v", copied)
	}
	if lent.Text[0] != 0 || lent.Seal[2] != 0 {
		t.Errorf("nothing is borrowed: %v", lent)
	}
	if lent.To != "ada" {
		t.Errorf("text is borrowed: %q", lent.To)
	}
}

// Reflection and JSON make copies, whatever is asked for.
func TestBorrowOfCopies(t *testing.T) {
	sent := note{"ada", []byte("come at once"), []seal{1, 2, 3}}
	for name, codec := range codecs {
		body := marshalIn(t, codec, sent)
		var got note
		if err := wire.Borrow(codec, body, nil, &got); err != nil {
			t.Fatal(name, err)
		}
		clear(body)
		if string(got.Text) != "come at once" {
			t.Errorf("%s: %q", name, got.Text)
		}
	}
}
