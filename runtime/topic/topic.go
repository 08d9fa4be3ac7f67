package topic

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of topics and patterns.
const (
	MaxLength = 256 // bytes
	MaxLevels = 16
)

// The levels that mean something in a pattern.
const (
	one  = "*" // any one level
	rest = ">" // one or more, at the end
)

// Join makes a topic of its levels. The error names the level that cannot be
// one: it is empty, holds a dot, * or >, or characters that cannot be seen.
func Join(levels ...string) (string, error) {
	for _, level := range levels {
		if err := checkLevel(level); err != nil {
			return "", fmt.Errorf("topic %s: level %.40q %w", brief(strings.Join(levels, ".")), level, err)
		}
		if strings.Contains(level, ".") {
			return "", fmt.Errorf("topic %s: level %.40q holds a dot, which separates levels", brief(strings.Join(levels, ".")), level)
		}
	}
	topic := strings.Join(levels, ".")
	if err := checkSize(topic); err != nil {
		return "", fmt.Errorf("topic %s %w", brief(topic), err)
	}
	return topic, nil
}

// Check returns an error that says why s is no topic.
func Check(s string) error {
	if err := checkSize(s); err != nil {
		return fmt.Errorf("topic %s %w", brief(s), err)
	}
	for level := range strings.SplitSeq(s, ".") {
		if err := checkLevel(level); err != nil {
			return fmt.Errorf("topic %s: level %.40q %w", brief(s), level, err)
		}
	}
	return nil
}

// CheckPattern returns an error that says why s is no pattern. Every topic is
// one.
func CheckPattern(s string) error {
	if err := checkSize(s); err != nil {
		return fmt.Errorf("pattern %s %w", brief(s), err)
	}
	for at, tail, more := "", s, true; more; {
		at, tail, more = strings.Cut(tail, ".")
		switch {
		case at == one, at == rest && !more:
			continue
		case at == rest:
			return fmt.Errorf("pattern %s: > stands for all levels that follow, so it is the last", brief(s))
		}
		if err := checkLevel(at); err != nil {
			return fmt.Errorf("pattern %s: level %.40q %w", brief(s), at, err)
		}
	}
	return nil
}

// brief is s as it is quoted in errors.
func brief(s string) string { return fmt.Sprintf("%.60q", s) }

var (
	errEmpty    = errors.New("is empty")
	errLong     = fmt.Errorf("is longer than %d bytes", MaxLength)
	errDeep     = fmt.Errorf("has more than %d levels", MaxLevels)
	errWildcard = errors.New("holds * or >, which only stand alone, and in patterns")
	errUnseen   = errors.New("holds what cannot be printed")
)

func checkSize(s string) error {
	switch {
	case s == "":
		return errEmpty
	case len(s) > MaxLength:
		return errLong
	case strings.Count(s, ".") >= MaxLevels:
		return errDeep
	}
	return nil
}

// checkLevel refuses what cannot be one level of a topic; dots are not looked for.
func checkLevel(level string) error {
	if level == "" {
		return errEmpty
	}
	for i, r := range level {
		switch {
		case r == '*' || r == '>':
			return errWildcard
		case !unicode.IsPrint(r), r == utf8.RuneError && !strings.HasPrefix(level[i:], "\uFFFD"):
			return errUnseen
		}
	}
	return nil
}

// Match reports whether the topic matches the pattern. Both must be valid. It
// takes time in proportion to their length, however many stars there are.
func Match(pattern, topic string) bool {
	for {
		p, pattern2, moreP := strings.Cut(pattern, ".")
		t, topic2, moreT := strings.Cut(topic, ".")
		switch {
		case p == rest:
			return true
		case p != one && p != t || moreP != moreT:
			return false
		case !moreP:
			return true
		}
		pattern, topic = pattern2, topic2
	}
}

// Overlap reports whether there can be a topic that matches both patterns,
// which must be valid.
func Overlap(a, b string) bool {
	for {
		x, a2, moreA := strings.Cut(a, ".")
		y, b2, moreB := strings.Cut(b, ".")
		switch {
		case x == rest || y == rest:
			return true
		case x != y && x != one && y != one || moreA != moreB:
			return false
		case !moreA:
			return true
		}
		a, b = a2, b2
	}
}
