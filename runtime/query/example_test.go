package query_test

import (
	"fmt"
	"slices"

	"github.com/ipcgen/ipcgen/runtime/query"
)

func bot(name string, load int, region, version string) query.Subject {
	m, err := query.Metadata{"load": load, "region": region, "version": query.MustVersion(version)}.Normalize()
	if err != nil {
		panic(err)
	}
	return query.Subject{Group: "bots", Name: name, Metadata: m}
}

func Example() {
	var bots query.Index[string]
	bots.Set("bots/ada", bot("ada", 1, "eu", "1.9.0"), "ada")
	bots.Set("bots/bob", bot("bob", 4, "eu", "1.10.0"), "bob")
	bots.Set("bots/cyd", bot("cyd", 9, "us", "1.10.0"), "cyd")

	fresh := query.Gte("version", query.MustVersion("1.10.0"))
	found := bots.Find(fresh)
	slices.Sort(found)
	fmt.Println(fresh, found)

	one, ok := bots.Choose(query.All(fresh, query.Lt("load", 5)), query.Sticky("user-42"))
	fmt.Println(one, ok)

	one, ok = bots.Choose(query.Eq("region", "moon"))
	fmt.Printf("%q %v\n", one, ok)
	// Output:
	// version >= v1.10.0 [bob cyd]
	// bob true
	// "" false
}

func ExampleParse() {
	q, err := query.Parse(`load<5 && !(region in [us, ap])`)
	fmt.Println(q, err)
	fmt.Println(q.Match(bot("ada", 1, "eu", "1.9.0")))

	_, err = query.Parse(`load<5 && region`)
	fmt.Println(err)
	// Output:
	// load < 5 && !(region in ["us", "ap"]) <nil>
	// true
	// query: column 17: want an operator: == != < <= > >= in contains not, found the end
}

func ExampleQuery_Explain() {
	q := query.All(query.Lt("load", 5), query.Any(query.Eq("region", "us"), query.Has("backup")))
	fmt.Print(q.Explain(bot("ada", 1, "eu", "1.9.0")))
	// Output:
	// no   all of
	// yes    load < 5: it is 1
	// no     any of
	// no       region == "us": it is "eu"
	// no       has(backup): there is no such field
}

func ExampleElse() {
	var bots query.Index[string]
	bots.Set("bots/ada", bot("ada", 1, "eu", "1.9.0"), "ada")
	bots.Set("bots/bob", bot("bob", 4, "eu", "1.9.0"), "bob")

	near := query.Eq("region", "us")
	one, ok := bots.Choose(near)
	fmt.Printf("%q %v\n", one, ok)
	one, ok = bots.Choose(near, query.Random(), query.Else(query.Has("region"), query.MinBy("load")))
	fmt.Printf("%q %v\n", one, ok)
	// Output:
	// "" false
	// "ada" true
}

func ExampleMetadata_Merge() {
	m, _ := query.Metadata{"load": 1, "region": "eu"}.Normalize()
	m, _ = m.Merge(query.Metadata{"load": 2, "region": nil})
	fmt.Println(m)

	_, err := m.Merge(query.Metadata{"done": make(chan int)})
	fmt.Println(err)
	// Output:
	// map[load:2]
	// query: metadata "done" holds a chan int: want a string, an integer, a float, a bool, a query.Version, or a list of these
}
