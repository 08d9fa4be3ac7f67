package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// acts are what a guest does, function by function, and the method of the hub
// that is worth a look.
var acts = []struct{ guest, hub string }{
	{"call", ""},
	{"typedError", ""},
	{"futures", ""},
	{"stream", ""},
	{"callback", "Ask"},
	{"survey", "Survey"},
}

// report is what a guest says of one act.
type report struct {
	Act  string
	Took time.Duration
	Got  string
}

// visit has a guest connect over the Unix socket, and shows what it does.
func (t *tour) visit(ctx context.Context) error {
	guest, err := t.start(ctx, "guest", t.hub[0])
	if err != nil {
		return err
	}
	for _, act := range acts {
		t.step(comment("guest.go", act.guest))
		t.show(body("guest.go", act.guest))
		if act.hub != "" {
			t.show("\n// and in the hub:\n" + body("hub.go", act.hub))
		}
		r, err := guest.report(act.guest)
		if err != nil {
			return err
		}
		t.result(r.Took, "%s", r.Got)
		t.times[act.guest] = append(t.times[act.guest], r.Took)
	}
	return guest.end()
}

// report returns what the guest says of the next act, which has that name.
func (p *process) report(act string) (r report, err error) {
	line, err := p.line()
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal([]byte(line), &r); err != nil || r.Act != act {
		return r, fmt.Errorf("%s: unexpected report %q: %v", act, line, err)
	}
	return r, nil
}

// compare has further guests do the same over WebSocket, and over the stdio of
// a hub that is started by the guest.
func (t *tour) compare(ctx context.Context) error {
	t.step("The same once more over WebSocket, and over stdio to a hub of its own.")
	begin := time.Now()
	for _, url := range []string{t.hub[1], "stdio:"} {
		guest, err := t.start(ctx, "guest", url)
		if err != nil {
			return err
		}
		for _, act := range acts {
			r, err := guest.report(act.guest)
			if err != nil {
				return err
			}
			t.times[act.guest] = append(t.times[act.guest], r.Took)
		}
		if err := guest.end(); err != nil {
			return err
		}
	}
	t.show(fmt.Sprintf("%-12s %10s %10s %10s", "", "unix", "ws", "stdio"))
	for _, act := range acts {
		times := t.times[act.guest]
		t.show(fmt.Sprintf("%-12s %10s %10s %10s", act.guest, short(times[0]), short(times[1]), short(times[2])))
	}
	t.result(time.Since(begin), "%d processes", 3)
	return nil
}
