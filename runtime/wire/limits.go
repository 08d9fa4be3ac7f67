package wire

import (
	"errors"
	"fmt"
)

// Limits of what is encoded and decoded. Encoding checks them too, so that the
// one who made a value is told, not the one who receives it.
const (
	MaxDepth = 16     // nested arrays and maps of a value
	MaxArray = 65_536 // elements of an array
	MaxMap   = 1_024  // entries of a map, fields of a struct

	MaxName     = 128     // bytes of a route, an identity's part, a code
	MaxMetaKeys = 64      // entries of Packet.Meta
	MaxMeta     = 8 << 10 // bytes of all keys and values of Packet.Meta
	MaxText     = 1 << 10 // bytes of Packet.Message; what is longer is cut
	MaxLabel    = 512     // bytes of an incident, topic, target, origin or trace
)

// ValidName returns an error that says why s may not name a route, a group, a
// peer or a code: names are 1 to 128 bytes, each an ASCII letter, a digit or
// one of _ . : / -
func ValidName(s string) error {
	if len(s) == 0 {
		return errNameEmpty
	}
	if len(s) > MaxName {
		return errNameLong
	}
	for i := range len(s) {
		if !nameBytes[s[i]] {
			return errNameByte
		}
	}
	return nil
}

var (
	errNameEmpty = errors.New("name is empty")
	errNameLong  = fmt.Errorf("name is longer than %d bytes", MaxName)
	errNameByte  = errors.New("name holds other bytes than letters, digits and _ . : / -")

	nameBytes = func() (set [256]bool) {
		for _, c := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:/-" {
			set[c] = true
		}
		return set
	}()
)
