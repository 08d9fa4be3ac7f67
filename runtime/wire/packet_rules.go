package wire

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"
)

// check says what of p breaks the rules both dialects share. The receiver asks
// it as well as the sender.
func (p *Packet) check() error {
	switch {
	case p.Kind == 0:
		return errors.New("kind 0")
	case p.Timeout < 0 || p.RetryAfter < 0:
		return errors.New("negative duration")
	}
	if err := checkName("route", p.Route); err != nil {
		return err
	}
	if err := checkName("code", p.Code); err != nil {
		return err
	}
	if err := checkMeta(p.Meta); err != nil {
		return err
	}
	return p.checkLabels()
}

func checkName(what, s string) error {
	if s == "" {
		return nil
	}
	if err := ValidName(s); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

func (p *Packet) checkLabels() error {
	for _, label := range [...]*string{&p.Incident, &p.Topic, &p.Target, &p.Origin, &p.Trace} {
		if len(*label) > MaxLabel || !utf8.ValidString(*label) {
			return fmt.Errorf("incident, topic, target, origin or trace is not UTF-8 of at most %d bytes", MaxLabel)
		}
	}
	return nil
}

func checkMeta(meta map[string]string) error {
	if len(meta) > MaxMetaKeys {
		return fmt.Errorf("meta has more than %d keys", MaxMetaKeys)
	}
	size := 0
	for key, value := range meta {
		size += len(key) + len(value)
		if !utf8.ValidString(key) || !utf8.ValidString(value) {
			return errors.New("meta is not UTF-8")
		}
	}
	if size > MaxMeta {
		return fmt.Errorf("meta has more than %d bytes", MaxMeta)
	}
	return nil
}

// fitText makes the text of an error fit to cross: UTF-8 of at most MaxText
// bytes. It is not worth failing for, as the failure it tells of would be lost.
func fitText(s string) string {
	if len(s) <= MaxText && utf8.ValidString(s) {
		return s
	}
	s = strings.ToValidUTF8(s[:min(len(s), MaxText)], "\uFFFD")
	if len(s) > MaxText { // the replacements made it longer
		s = strings.ToValidUTF8(s[:MaxText], "")
	}
	return s
}

// millis rounds up: a deadline must not come early by crossing.
func millis(d time.Duration) uint64 {
	ms := d / time.Millisecond
	if d%time.Millisecond > 0 {
		ms++
	}
	return uint64(ms)
}

// fromMillis is the duration of ms; what is longer than a Duration can be (292
// years) is as good as the longest.
func fromMillis(ms uint64) time.Duration {
	if ms > math.MaxInt64/uint64(time.Millisecond) {
		return math.MaxInt64
	}
	return time.Duration(ms) * time.Millisecond
}
