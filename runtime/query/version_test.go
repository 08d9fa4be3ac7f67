package query

import (
	"encoding/json"
	"strings"
	"testing"
)

// The order is that of semver.org, section 11.
func TestVersionsAreOrdered(t *testing.T) {
	ascending := []string{
		"0.0.0", "0.9.0", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11",
		"1.0.0-rc.1", "1.0.0", "1.2.0", "1.9.0", "1.10.0", "2.0.0", "18446744073709551616.0.0",
	}
	for i, a := range ascending {
		for j, b := range ascending {
			want := compareInts(i, j)
			if got := MustVersion(a).Compare(MustVersion(b)); got != want {
				t.Errorf("%s to %s: got %d, want %d", a, b, got, want)
			}
		}
	}
	if MustVersion("1.0.0+a").Compare(MustVersion("1.0.0+b")) != 0 {
		t.Error("build metadata counts")
	}
}

func compareInts(a, b int) int {
	order, _ := compare(int64(a), int64(b))
	return order
}

func TestVersionsAreRead(t *testing.T) {
	for given, want := range map[string]string{
		"1.2.3": "1.2.3", "v1.2.3": "1.2.3", "1": "1.0.0", "v1.2": "1.2.0", "1.2.3-rc.1+linux": "1.2.3-rc.1+linux",
	} {
		if v, err := ParseVersion(given); err != nil || v.String() != want {
			t.Errorf("%s: got %v, %v", given, v, err)
		}
	}
	for _, given := range []string{"", "v", "vv1", "1.02.3", "1.2.3-", "1.2.3.4", "latest", "1.2.3-\xff", strings.Repeat("1", 200)} {
		if v, err := ParseVersion(given); err == nil {
			t.Errorf("%q was read as %v", given, v)
		}
	}
	if (Version{}).String() != "0.0.0" || (Version{}).Compare(MustVersion("0.0.0")) != 0 {
		t.Error("the zero Version is not 0.0.0")
	}
}

func TestVersionsAreTextInJSON(t *testing.T) {
	data, err := json.Marshal(MustVersion("1.2.3"))
	if err != nil || string(data) != `"1.2.3"` {
		t.Fatalf("%s, %v", data, err)
	}
	var v Version
	if err := json.Unmarshal(data, &v); err != nil || v != MustVersion("1.2.3") {
		t.Errorf("%v, %v", v, err)
	}
	if err := json.Unmarshal([]byte(`"new"`), &v); err == nil {
		t.Error(`"new" was read`)
	}
}
