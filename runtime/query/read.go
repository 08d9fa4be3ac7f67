package query

import (
	"errors"
	"fmt"
	"reflect"
)

// Reader reads one field of metadata into a Go variable. Fields make them.
type Reader struct {
	field string
	into  any // a pointer to the variable
}

// Read reads metadata with all readers. A field that is not there leaves its
// variable as it is; so does one that holds something else than the variable can,
// which is told in the error. An integer is read from a float that is whole, as
// JSON makes no difference between them, and a float from any number, rounded.
func Read(m Metadata, readers ...Reader) error {
	m, err := m.Normalize()
	if err != nil {
		return err
	}
	var mistakes []error
	for _, r := range readers {
		if err := set(reflect.ValueOf(r.into).Elem(), m[r.field]); err != nil {
			mistakes = append(mistakes, fmt.Errorf("query: metadata %q holds %w", r.field, err))
		}
	}
	return errors.Join(mistakes...)
}

// set sets v to a normal value, or leaves it; the error reads on after "holds".
// No value makes a pointer nil.
func set(v reflect.Value, value any) error {
	switch {
	case v.Kind() == reflect.Pointer && value == nil:
		v.SetZero()
		return nil
	case v.Kind() == reflect.Pointer:
		target := reflect.New(v.Type().Elem())
		if err := set(target.Elem(), value); err != nil {
			return err
		}
		v.Set(target)
		return nil
	case value == nil:
		return nil
	}
	switch value := value.(type) {
	case int64, float64:
		return setNumber(v, value)
	case []any:
		return setList(v, value)
	}
	given := reflect.ValueOf(value)
	if given.Kind() != v.Kind() || v.Kind() == reflect.Struct && given.Type() != v.Type() {
		return mismatch(v, value)
	}
	v.Set(given.Convert(v.Type()))
	return nil
}

func mismatch(v reflect.Value, value any) error {
	return fmt.Errorf("%s, which is %v, no %v", brief(value), kindOf(value), v.Type())
}

func setNumber(v reflect.Value, value any) error {
	f, isFloat := value.(float64)
	i, isInt := same(value).(int64)
	fits := true
	switch {
	case v.CanFloat() && isFloat:
		if fits = !v.OverflowFloat(f); fits {
			v.SetFloat(f)
		}
	case v.CanFloat():
		v.SetFloat(float64(i))
	case v.CanInt() && isInt:
		if fits = !v.OverflowInt(i); fits {
			v.SetInt(i)
		}
	case v.CanUint() && isInt:
		if fits = i >= 0 && !v.OverflowUint(uint64(i)); fits {
			v.SetUint(uint64(i))
		}
	case v.CanInt() || v.CanUint():
		fits = false
	default:
		return mismatch(v, value)
	}
	if !fits {
		return fmt.Errorf("%s, which does not fit into %v", brief(value), v.Type())
	}
	return nil
}

func setList(v reflect.Value, elements []any) error {
	if v.Kind() != reflect.Slice {
		return mismatch(v, elements)
	}
	made := reflect.MakeSlice(v.Type(), len(elements), len(elements))
	for i, element := range elements {
		if err := set(made.Index(i), element); err != nil {
			return fmt.Errorf("at [%d] %w", i, err)
		}
	}
	v.Set(made)
	return nil
}

// Optional returns what p points to as a value of metadata, and for nil none: as
// nil it leaves a field out, or removes it.
func Optional[T any](p *T) any {
	if p == nil {
		return nil
	}
	return *p
}
