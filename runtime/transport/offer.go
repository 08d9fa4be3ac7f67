package transport

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// On a stream of bytes the dialer's first message is the list of subprotocols
// it offers, best first, with commas; the acceptor's first message is the one
// it chose, or "!" and why it chose none, before it closes. Both have at most
// maxOffer bytes.

const refusalMark = "!"

func (c *framedConn) negotiate() error {
	if c.role == dialing {
		return c.offer()
	}
	return c.answer()
}

// offer is the dialer's part.
func (c *framedConn) offer() error {
	if err := c.say(strings.Join(c.o.Subprotocols, ",")); err != nil {
		return err
	}
	answer, err := c.hearAnswer()
	if err != nil {
		return err
	}
	if reason, refused := strings.CutPrefix(answer, refusalMark); refused {
		return fmt.Errorf("%w: %s", ErrRefused, reason)
	}
	if !slices.Contains(c.o.Subprotocols, answer) {
		return fmt.Errorf("%w: chose %q, which was not offered", ErrNoProtocol, answer)
	}
	c.subprotocol = answer
	return nil
}

func (c *framedConn) hearAnswer() (string, error) {
	if c.spawned {
		return c.findAnswer()
	}
	return c.hear()
}

// answer is the acceptor's part.
func (c *framedConn) answer() error {
	offer, err := c.hear()
	if errors.Is(err, ErrNoProtocol) {
		c.say(refusalMark + "not an offer of subprotocols")
	}
	if err != nil {
		return err
	}
	chosen, err := choose(strings.Split(offer, ","), c.o.Subprotocols)
	if err != nil {
		c.say((refusalMark + err.Error())[:min(maxOffer, len(err.Error())+1)])
		return err
	}
	if err := c.say(chosen); err != nil {
		return err
	}
	c.subprotocol = chosen
	return nil
}

// say sends a short text, whatever the limit on messages is.
func (c *framedConn) say(text string) error {
	if _, err := c.writeFrame([]byte(text)); err != nil {
		return err
	}
	return c.Flush()
}

// hear reads a short text; anything else is not this protocol.
func (c *framedConn) hear() (string, error) {
	text, err := c.readFrame(nil, maxOffer)
	if errors.Is(err, ErrTooLarge) || errors.Is(err, ErrEmpty) {
		err = fmt.Errorf("%w: %q", ErrNoProtocol, append(c.readHead[:], c.link.peek(60)...))
	}
	if err != nil {
		return "", err
	}
	for _, b := range text {
		if b < ' ' || b > '~' {
			return "", fmt.Errorf("%w: %q", ErrNoProtocol, text)
		}
	}
	return string(text), nil
}
