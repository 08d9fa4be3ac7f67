package query

import "testing"

func TestChooseFindsOnlyWhatMatches(t *testing.T) {
	var x Index[string]
	x.Set("a", Subject{Metadata: Metadata{"load": int64(1)}}, "a")
	x.Set("b", Subject{Metadata: Metadata{"load": int64(9)}}, "b")
	x.Set("c", Subject{}, "c")
	for range 100 {
		if got, ok := x.Choose(Lt("load", 5)); got != "a" || !ok {
			t.Fatalf("chose %q, %v", got, ok)
		}
	}
	if got, ok := x.Choose(Gt("load", 10)); ok {
		t.Errorf("chose %q of none", got)
	}
}
