package golang

import "testing"

func TestExported(t *testing.T) {
	for name, want := range map[string]string{
		"name": "Name", "Name": "Name", "userID": "UserID", "r1": "R1",
		"_name": "X_name", "éclair": "Éclair", "名": "X名", "ǆ": "Ǆ",
	} {
		if got := exported(name); got != want {
			t.Errorf("exported(%s) = %s, want %s", name, got, want)
		}
	}
}

func TestUnexported(t *testing.T) {
	for name, want := range map[string]string{
		"Greeter": "greeter", "HTTPServer": "httpServer", "ID": "id", "IDs": "iDs",
		"X": "x", "ABTest": "abTest", "greeter": "greeter", "New": "new", "Élan": "élan", "V2": "v2",
	} {
		if got := unexported(name); got != want {
			t.Errorf("unexported(%s) = %s, want %s", name, got, want)
		}
	}
}

func TestPick(t *testing.T) {
	taken := map[string]bool{"c": true, "client": true, "c2": true}
	free := func(name string) bool { return !taken[name] }
	for _, tt := range []struct {
		candidates []string
		want       string
	}{
		{[]string{"g", "group"}, "g"},
		{[]string{"c", "caller"}, "caller"},
		{[]string{"c", "client"}, "c3"},
		{[]string{"type", "kind"}, "kind"},
		{[]string{"c", "2c"}, "c3"},
	} {
		if got := pick(free, tt.candidates...); got != tt.want {
			t.Errorf("pick(%q) = %s, want %s", tt.candidates, got, tt.want)
		}
	}
}
