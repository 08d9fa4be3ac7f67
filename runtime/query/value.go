package query

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"unicode/utf8"
)

// kind is what a value is to a query. Values of two kinds never match.
type kind int

const (
	none kind = iota
	text
	number
	boolean
	version
	list
)

func (k kind) String() string {
	return [...]string{"nothing", "a text", "a number", "a bool", "a version", "a list"}[k]
}

// kindOf returns the kind of a normal value.
func kindOf(value any) kind {
	switch value.(type) {
	case string:
		return text
	case int64, float64:
		return number
	case bool:
		return boolean
	case Version:
		return version
	case []any:
		return list
	}
	return none
}

// normalize returns a metadata value as the one Go type of its kind, or an error
// that reads on after "holds".
func normalize(value any) (any, error) {
	v := reflect.ValueOf(value)
	switch value := value.(type) {
	case string, int64, float64, bool, Version:
		return scalar(value)
	case map[string]any:
		return versionFromWire(value)
	}
	if v.Kind() != reflect.Slice && v.Kind() != reflect.Array || v.Type().Elem().Kind() == reflect.Uint8 {
		return scalar(value) // bytes are no list: it refuses them
	}
	if v.Len() > MaxSize {
		return nil, fmt.Errorf("a list of %d elements, which is more than %d bytes", v.Len(), MaxSize)
	}
	elements := make([]any, v.Len())
	for i := range elements {
		element, err := scalarOrWire(v.Index(i).Interface())
		if err != nil {
			return nil, fmt.Errorf("at [%d] %w", i, err)
		}
		elements[i] = element
	}
	return elements, nil
}

func scalarOrWire(value any) (any, error) {
	if m, ok := value.(map[string]any); ok {
		return versionFromWire(m)
	}
	return scalar(value)
}

// scalar returns a value that is no list as the one Go type of its kind.
func scalar(value any) (any, error) {
	if v, ok := value.(Version); ok {
		return v, nil
	}
	switch v := reflect.ValueOf(value); v.Kind() {
	case reflect.String:
		return checkedText(v.String())
	case reflect.Bool:
		return v.Bool(), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return v.Int(), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		if v.Uint() > math.MaxInt64 {
			return nil, fmt.Errorf("the integer %d, which does not fit into an int64", v.Uint())
		}
		return int64(v.Uint()), nil
	case reflect.Float32, reflect.Float64:
		if f := v.Float(); math.IsNaN(f) || math.IsInf(f, 0) {
			return nil, fmt.Errorf("%v: numbers must be finite", f)
		}
		return v.Float(), nil
	}
	return nil, fmt.Errorf("a %T: want a string, an integer, a float, a bool, a query.Version, or a list of these", value)
}

func checkedText(s string) (any, error) {
	if !utf8.ValidString(s) {
		return nil, fmt.Errorf("%s, which is not UTF-8", quoted(s))
	}
	return s, nil
}

// wireVersion is the one key of the map that a version is on a wire.
const wireVersion = "version"

// Wire returns metadata as plain values, for an encoding that knows no versions: a
// [Version] becomes {"version": "1.2.3"}, which cannot be mistaken, since metadata
// holds no maps. [Metadata.Normalize] and [Metadata.Merge] take it back. The nil
// of an update stays.
func (m Metadata) Wire() map[string]any {
	plain := make(map[string]any, len(m))
	for key, value := range m {
		plain[key] = wire(value)
	}
	return plain
}

func wire(value any) any {
	switch v := value.(type) {
	case Version:
		return map[string]any{wireVersion: v.String()}
	case []Version:
		elements := make([]any, len(v))
		for i, element := range v {
			elements[i] = wire(element)
		}
		return elements
	case []any:
		elements := make([]any, len(v))
		for i, element := range v {
			elements[i] = wire(element)
		}
		return elements
	}
	return value
}

var errMap = errors.New(`a map: want a string, an integer, a float, a bool, a version, or a list of these; only {"version": "1.2.3"} is a map, and means a version`)

func versionFromWire(m map[string]any) (any, error) {
	s, ok := m[wireVersion].(string)
	if !ok || len(m) != 1 {
		return nil, errMap
	}
	v, err := ParseVersion(s)
	if err != nil {
		return nil, fmt.Errorf("%s, which is no version: want one like 1.2.3 or 1.2.3-rc.1", quoted(s))
	}
	return v, nil
}

// compare orders two scalars of one kind. It is not ok if they are of two kinds,
// or lists, or not normal.
func compare(a, b any) (order int, ok bool) {
	switch a := a.(type) {
	case string:
		b, ok := b.(string)
		return strings.Compare(a, b), ok
	case int64:
		return compareInt(a, b)
	case float64:
		switch b := b.(type) {
		case float64:
			return cmp.Compare(a, b), a == a && b == b
		case int64:
			return -compareIntFloat(b, a), a == a
		}
	case bool:
		b, ok := b.(bool)
		return compareBool(a, b), ok
	case Version:
		b, ok := b.(Version)
		return a.Compare(b), ok
	}
	return 0, false
}

func compareInt(a int64, b any) (order int, ok bool) {
	switch b := b.(type) {
	case int64:
		return cmp.Compare(a, b), true
	case float64:
		return compareIntFloat(a, b), b == b
	}
	return 0, false
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// compareIntFloat compares without rounding either: 2^53+1 is above the float 2^53.
func compareIntFloat(i int64, f float64) int {
	const above = 1 << 63 // the first float that is above every int64
	if f >= above {
		return -1
	}
	if f < -above {
		return 1
	}
	whole := math.Trunc(f)
	if order := cmp.Compare(i, int64(whole)); order != 0 {
		return order
	}
	return cmp.Compare(whole, f)
}
