package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
)

// marshalJSON appends v, or says where in it what JSON cannot say is.
func marshalJSON[T any](b []byte, v *T) ([]byte, error) {
	buf := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(buf)
	buf.Reset()
	if shapeOf(JSON, reflect.TypeFor[T]()).delicate {
		if err := fault(JSON, reflect.ValueOf(v), maxNesting); err != nil {
			return b, err
		}
	}
	enc := json.NewEncoder(buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return b, jsonFault(reflect.ValueOf(v), err)
	}
	out := bytes.TrimSuffix(buf.Bytes(), []byte("\n"))
	if err := verifyJSON(out, reflect.ValueOf(v)); err != nil {
		return b, err
	}
	return append(b, out...), nil
}

// verifyJSON checks that the far side will take what was encoded. The package
// json writes \ufffd where text was not UTF-8, and only there.
func verifyJSON(out []byte, v reflect.Value) error {
	r := jsonReader{cursor{data: out}}
	if r.skip(); r.err != nil {
		return r.err
	}
	if bytes.Contains(out, []byte(`\ufffd`)) {
		if err := fault(JSON, v, maxNesting); err != nil {
			return err
		}
	}
	return nil
}

// jsonFault adds to the error of package json where it came from.
func jsonFault(v reflect.Value, err error) error {
	var unsupported *json.UnsupportedValueError
	if errors.As(err, &unsupported) {
		if place := fault(JSON, v, maxNesting); place != nil {
			place.cause = err
			return place
		}
	}
	return &ValueError{Problem: err.Error(), cause: err}
}

func unmarshalJSON[T any](body []byte, v *T) error {
	r := jsonReader{cursor{data: body, budget: budget(len(body))}}
	r.scan(shapeOf(JSON, reflect.TypeFor[T]()))
	if r.end(); r.err != nil {
		return r.err
	}
	if err := json.Unmarshal(body, v); err != nil {
		return &ValueError{Problem: err.Error(), cause: err}
	}
	return nil
}
