package zonis

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"strconv"
	"strings"
	"sync"
)

// session speaks on one connection. What it has to remember are the ids of the
// far side's requests, which are texts: each is given a number until it is
// answered. Ours need no memory: a number is written as 32 hexadecimal digits,
// of which the first half is the same in all of this connection.
type session struct {
	Dialect
	dialed bool
	prefix string // of our ids

	// Set by the handshake, and not changed after it.
	identifier string // of the client
	group      string // of the client
	greeting   string // id of the IDENTIFY

	mu   sync.Mutex
	open map[uint64]string // requests of the far side that are not answered
	next uint64            // number of its next request
}

// maxOpen bounds the requests that wait for an answer. The runtime answers what
// exceeds its own limits at once, and these are far below.
const maxOpen = 1 << 16

func newSession(d Dialect, dialed bool) *session {
	s := &session{Dialect: d, dialed: dialed, prefix: newPrefix(), open: map[uint64]string{}, next: 1}
	s.group = cmp.Or(d.Group, "zonis")
	if dialed {
		s.next = 2
	}
	return s
}

// newPrefix returns what nobody else begins ids with.
func newPrefix() string {
	var b [8]byte
	rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// idDigits is the length of an id, of which the prefix is half.
const idDigits = 32

// ourID writes the id of a request of ours.
func (s *session) ourID(n uint64) string {
	digits := strconv.FormatUint(n, 16)
	return s.prefix + strings.Repeat("0", idDigits/2-len(digits)) + digits
}

// ours returns the number of a request of ours, and 0 for any other id.
func (s *session) ours(id string) uint64 {
	digits, ok := strings.CutPrefix(id, s.prefix)
	if !ok || len(digits) != idDigits/2 {
		return 0
	}
	n, _ := strconv.ParseUint(digits, 16, 64)
	return n
}

// admit gives a number to a request of the far side, and 0 if there are too many.
func (s *session) admit(id string) uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.open) >= maxOpen {
		return 0
	}
	n := s.next
	s.next += 2
	s.open[n] = strings.Clone(id)
	return n
}

// settle returns the id of a request that is being answered, and forgets it:
// a second answer would cost the far side its pipe.
func (s *session) settle(n uint64) (id string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, ok = s.open[n]
	delete(s.open, n)
	return id, ok
}

// reopen takes back that a request has been answered.
func (s *session) reopen(n uint64, id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open[n] = id
}
