package wire

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// A ValueError says what is wrong with a value, and where in it. Its text holds
// nothing of the value but, quoted and cut, names of keys.
type ValueError struct {
	Path    string // such as items[3].name; empty is the value itself
	Problem string
	cause   error
}

func (e *ValueError) Error() string {
	if e.Path == "" {
		return e.Problem
	}
	return e.Path + ": " + e.Problem
}

// Unwrap returns the error of a custom marshaler, if that is the cause.
func (e *ValueError) Unwrap() error { return e.cause }

// under moves the problem one level down: below a field, an index or a key.
func (e *ValueError) under(step string) {
	if step != "" && e.Path != "" && e.Path[0] != '[' {
		step += "."
	}
	e.Path = step + e.Path
}

func indexStep(i int) string { return "[" + strconv.Itoa(i) + "]" }

// keyStep names the entry of a map by its key.
func keyStep(key reflect.Value) string {
	if key.Kind() == reflect.String {
		return nameStep([]byte(key.String()))
	}
	return "[" + cut(fmt.Sprint(key)) + "]"
}

// nameStep names an entry by a key that may be the name of a field.
func nameStep(key []byte) string {
	for i, c := range key {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return "[" + quote(key) + "]"
		}
	}
	if len(key) == 0 || len(key) > maxShown {
		return "[" + quote(key) + "]"
	}
	return string(key)
}

// quote makes a key of the input fit to be shown.
func quote[S string | []byte](key S) string {
	if len(key) > maxShown {
		return strconv.Quote(string(key[:maxShown])) + "..."
	}
	return strconv.Quote(string(key))
}

func cut(s string) string {
	if len(s) > maxShown {
		return strings.ToValidUTF8(s[:maxShown], "") + "..."
	}
	return s
}

// maxShown bounds how much of a foreign key appears in an error.
const maxShown = 40
