package query

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/mod/semver"
)

// maxVersion bounds the text of a version, in bytes.
const maxVersion = 128

// Version is a semantic version (semver.org, 2.0.0), as a value in [Metadata].
// Versions compare by precedence: 1.10.0 is above 1.9.0, 2.0.0-rc.1 below
// 2.0.0, and what follows a + does not count: 1.0.0+a and 1.0.0+b are equal for
// every operator, though == tells them apart. The zero Version is 0.0.0.
type Version struct {
	text string // in full, with a v; "" is v0.0.0
}

// ParseVersion reads a version: 1.2.3, 1.2.3-rc.1+linux, with or without a
// leading v. 1 and 1.2 are 1.0.0 and 1.2.0.
func ParseVersion(s string) (Version, error) {
	v := "v" + strings.TrimPrefix(s, "v")
	if len(v) > maxVersion {
		return Version{}, fmt.Errorf("query: a version of %d bytes, at most %d are allowed", len(v), maxVersion)
	}
	if !semver.IsValid(v) {
		return Version{}, fmt.Errorf("query: %s is no version: want one like 1.2.3 or 1.2.3-rc.1", quoted(s))
	}
	return Version{text: semver.Canonical(v) + semver.Build(v)}, nil
}

// MustVersion is [ParseVersion] for versions that stand in the program. It
// panics when s is none.
func MustVersion(s string) Version {
	v, err := ParseVersion(s)
	if err != nil {
		panic(err)
	}
	return v
}

// String returns the version in full, without a v.
func (v Version) String() string {
	return strings.TrimPrefix(v.literal(), "v")
}

// literal returns the version as queries write it: with a v.
func (v Version) literal() string {
	if v.text == "" {
		return "v0.0.0"
	}
	return v.text
}

// Compare returns -1, 0 or +1 as v is below, of the same precedence as, or above w.
func (v Version) Compare(w Version) int {
	return semver.Compare(v.literal(), w.literal())
}

// MarshalText returns the version as [Version.String] does.
func (v Version) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads a version as [ParseVersion] does.
func (v *Version) UnmarshalText(text []byte) (err error) {
	*v, err = ParseVersion(string(text))
	return err
}

// quoted is s for an error: short, and readable whatever is in it.
func quoted(s string) string {
	const enough = 64
	if len(s) <= enough {
		return fmt.Sprintf("%q", s)
	}
	cut := enough
	for !utf8.RuneStart(s[cut]) && cut > enough-utf8.UTFMax {
		cut--
	}
	return fmt.Sprintf("%q...", s[:cut])
}
