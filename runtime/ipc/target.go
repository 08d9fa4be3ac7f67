package ipc

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/query"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// Whom a call is to be passed on to, as text: an identity, group/name, or
//
//	one(load < 5, sticky("user-42"))
//
// a query and how to choose one of those that match it, which is what stands
// in the parentheses of [query.Else].

// aimed is a target that has been read.
type aimed struct {
	text   string
	id     Identity
	one    bool // of the choice, not id
	choice query.Choice
}

const (
	oneWord  = "one("
	elseWord = "else("
)

// targetText returns the target that says the same as q and choices.
func targetText(q *query.Query, choices []query.Choice) (string, error) {
	text := oneWord + strings.TrimPrefix(query.Else(q, choices...).String(), elseWord)
	if len(text) > wire.MaxLabel {
		return "", notSent(code.BadRequest, "the query takes %d bytes as text, there is room for %d", len(text), wire.MaxLabel)
	}
	return text, nil
}

// wanted returns the query and the choices of a target, as they were written.
func (a *aimed) wanted() string { return strings.TrimSuffix(strings.TrimPrefix(a.text, oneWord), ")") }

var errTarget = errors.New("a target is group/name or one(query, choice)")

// parseTarget reads a target.
func parseTarget(text string) (*aimed, error) {
	if rest, ok := strings.CutPrefix(text, oneWord); ok {
		choice, err := query.ParseChoice(elseWord + rest)
		if err != nil {
			return nil, fmt.Errorf("target: %w", err)
		}
		return &aimed{text: text, one: true, choice: choice}, nil
	}
	id, err := ParseIdentity(text)
	if err != nil {
		return nil, errTarget
	}
	return &aimed{text: text, id: id}, nil
}

// targets remembers the choices that have been read, so that the same text is
// read once, and goes round where it asks for that.
type targets struct {
	mu  sync.Mutex
	all map[string]*aimed
}

// maxTargets bounds what is remembered. Beyond it, any one is forgotten.
const maxTargets = 1024

func (ts *targets) parse(text string) (*aimed, error) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	if a := ts.all[text]; a != nil {
		return a, nil
	}
	a, err := parseTarget(text)
	if err != nil || !a.one {
		return a, err
	}
	if len(ts.all) >= maxTargets {
		for any := range ts.all {
			delete(ts.all, any)
			break
		}
	}
	if ts.all == nil {
		ts.all = map[string]*aimed{}
	}
	ts.all[text] = a
	return a, nil
}
