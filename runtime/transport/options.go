package transport

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"
)

const (
	defaultMaxMessage     = 1 << 20
	defaultMessageTimeout = 20 * time.Second
	defaultWriteTimeout   = 10 * time.Second

	maxMaxMessage = 1<<30 - 1<<20 // what a header can say, and twice of it an int
	maxOffer      = 256           // bytes of all subprotocols, with commas
)

// settle returns a copy of o, which may be nil, with its defaults filled in.
func settle(o *Options) (*Options, error) {
	if o == nil {
		o = &Options{}
	}
	s := *o
	if len(s.Subprotocols) == 0 {
		s.Subprotocols = []string{"messages"}
	}
	if s.Text == nil {
		s.Text = func(string) bool { return false }
	}
	if s.Log == nil {
		s.Log = slog.Default()
	}
	setDefault(&s.MaxMessage, defaultMaxMessage)
	setDefault(&s.MessageTimeout, defaultMessageTimeout)
	setDefault(&s.WriteTimeout, defaultWriteTimeout)
	s.MaxMessage = min(s.MaxMessage, maxMaxMessage)
	if s.Unnamed != "" && !slices.Contains(s.Subprotocols, s.Unnamed) {
		return &s, fmt.Errorf("transport: the unnamed subprotocol %q is none of %s", s.Unnamed, strings.Join(s.Subprotocols, ", "))
	}
	return &s, checkSubprotocols(s.Subprotocols)
}

func setDefault[T int | time.Duration](field *T, value T) {
	if *field <= 0 {
		*field = value
	}
}

func checkSubprotocols(names []string) error {
	for _, name := range names {
		if name == "" || strings.Trim(name, nameAlphabet) != "" {
			return fmt.Errorf("transport: subprotocol %q: want letters, digits and any of +-._", name)
		}
	}
	if n := len(strings.Join(names, ",")); n > maxOffer {
		return fmt.Errorf("transport: subprotocols take %d bytes, at most %d fit", n, maxOffer)
	}
	return nil
}

const nameAlphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-._"

// checkMessage is what every Write asks first.
func checkMessage(msg []byte, o *Options) error {
	if len(msg) == 0 {
		return fmt.Errorf("transport: write: %w", ErrEmpty)
	}
	if len(msg) > o.MaxMessage {
		return fmt.Errorf("transport: write: %w: %d bytes, at most %d", ErrTooLarge, len(msg), o.MaxMessage)
	}
	return nil
}
