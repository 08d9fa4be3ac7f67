package query

import (
	"fmt"
	"strings"
	"testing"
)

// BenchmarkChoose chooses one of those that match, which are half of the peers.
func BenchmarkChoose(b *testing.B) {
	for _, peers := range []int{1, 100, 1_000, 10_000} {
		x := fleet(peers)
		for _, c := range []Choice{Random(), RoundRobin(), Sticky("user-42"), LeastPending(), MinBy("load")} {
			b.Run(fmt.Sprintf("%s/peers=%d", words[c.how], peers), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, ok := x.Choose(Lt("load", 5), c); !ok {
						b.Fatal("nobody")
					}
				}
			})
		}
	}
}

// BenchmarkChooseWhere chooses one of those that match, if one in a hundred of
// them will do.
func BenchmarkChooseWhere(b *testing.B) {
	x := fleet(10_000)
	some := func(id string) bool { return strings.HasSuffix(id, "07") }
	for _, c := range []Choice{Random(), RoundRobin(), Sticky("user-42"), LeastPending(), MinBy("load")} {
		b.Run(words[c.how], func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, ok := x.ChooseOtherWhere("bots/bot-7", some, nil, c); !ok {
					b.Fatal("nobody")
				}
			}
		})
	}
}

// BenchmarkChooseNew asks something that was not asked lately, each time.
func BenchmarkChooseNew(b *testing.B) {
	const peers = 10_000
	x := fleet(peers)
	for name, query := range map[string]func(i int) *Query{
		"equal":    func(i int) *Query { return Eq("number", i%peers) },
		"contains": func(i int) *Query { return Contains("guilds", i%peers) },
		"range":    func(i int) *Query { return Gte("number", i%peers) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if _, ok := x.Choose(query(i)); !ok {
					b.Fatal("nobody")
				}
			}
		})
	}
}

// BenchmarkSet changes one of 10,000 peers, while so many queries stand.
func BenchmarkSet(b *testing.B) {
	for _, standing := range []int{0, 1, maxStanding} {
		b.Run(fmt.Sprintf("standing=%d", standing), func(b *testing.B) {
			x := fleet(10_000)
			for i := range standing {
				x.Choose(All(Lt("load", 5), Ne("number", i)), MinBy("load"))
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				setBot(x, i%10_000, i%10)
			}
		})
	}
}

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(`load < 5 && region == "eu" && !(tags contains "old")`); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMatch(b *testing.B) {
	q := All(Lt("load", 5), In("region", "us", "eu-west"), None(Contains("tags", "old")), Gte("version", MustVersion("1.0.0")))
	b.ReportAllocs()
	for b.Loop() {
		if !q.Match(someone) {
			b.Fatal(q.Explain(someone))
		}
	}
}
