package query

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// FuzzIndex drives the index with a random program and compares it with one that
// tries every query on everybody.
func FuzzIndex(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(seed, seed*7+1)
	}
	f.Fuzz(func(t *testing.T, seed, more uint64) {
		p := program{t: t, r: rand.New(rand.NewPCG(seed, more)), all: map[string]Subject{}}
		for range 200 {
			p.step()
		}
	})
}

type program struct {
	t   *testing.T
	r   *rand.Rand
	x   Index[string]
	all map[string]Subject
}

func (p *program) step() {
	id := fmt.Sprintf("id-%d", p.r.IntN(8))
	switch p.r.IntN(6) {
	case 0, 1:
		p.all[id] = Subject{Group: "g", Name: id, Metadata: p.metadata()}
		p.x.Set(id, p.all[id], id)
	case 2:
		delete(p.all, id)
		p.x.Delete(id)
	default:
		p.ask(id, p.query(3))
	}
}

func (p *program) ask(except string, q *Query) {
	var want []string
	for id, s := range p.all {
		if naive(q, s) {
			want = append(want, id)
		}
	}
	slices.Sort(want)
	got := p.x.Find(q)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		p.t.Fatalf("%v found %v, want %v of %v", q, got, want, p.all)
	}
	if i, ok := slices.BinarySearch(want, except); ok {
		want = slices.Delete(want, i, i+1)
	}
	for _, c := range []Choice{Random(), Sticky("k"), RoundRobin(), LeastPending(), MinBy("a")} {
		fit := want
		if c.how == minBy {
			fit = p.lowest(want)
		}
		if chosen, ok := p.x.ChooseOther(except, q, c); ok != (len(fit) > 0) || ok && !slices.Contains(fit, chosen) {
			p.t.Fatalf("%v but %s by %v chose %q, want one of %v of %v", q, except, c, chosen, fit, p.all)
		}
		all := func(string) bool { return true }
		other := func(id string) bool { return id != except }
		for i := range 2 {
			chosen, ok := p.x.ChooseOtherWhere([]string{"", except}[i], []func(string) bool{other, all}[i], q, c)
			if ok != (len(fit) > 0) || ok && !slices.Contains(fit, chosen) {
				p.t.Fatalf("%v where it is not %s by %v chose %q, want one of %v of %v", q, except, c, chosen, fit, p.all)
			}
		}
	}
}

// lowest returns those of ids with the lowest number in field a.
func (p *program) lowest(ids []string) (lowest []string) {
	for _, id := range ids {
		value := p.all[id].Metadata["a"]
		if kindOf(value) != number {
			continue
		}
		if len(lowest) > 0 {
			order, _ := compare(value, p.all[lowest[0]].Metadata["a"])
			if order > 0 {
				continue
			}
			if order < 0 {
				lowest = nil
			}
		}
		lowest = append(lowest, id)
	}
	return lowest
}

func (p *program) metadata() Metadata {
	m := Metadata{}
	for _, field := range []string{"a", "b", "c"} {
		switch p.r.IntN(4) {
		case 0:
			m[field] = []any{p.scalar(), p.scalar()}
		case 1, 2:
			m[field] = p.scalar()
		}
	}
	m, err := m.Normalize()
	if err != nil {
		p.t.Fatal(err)
	}
	return m
}

// scalar returns one of few values, among them equal ones of different types.
func (p *program) scalar() any {
	values := []any{0, 1, 1.0, 0.5, int64(1) << 53, float64(1 << 53), 1<<53 + 1, math.Copysign(0, -1), "a", "ab", "", true, false,
		MustVersion("1.0.0"), MustVersion("1.0.0+x"), MustVersion("1.0.0-rc.1")}
	return values[p.r.IntN(len(values))]
}

func (p *program) query(depth int) *Query {
	field := []string{"a", "b", "c", string(GroupField), string(NameField)}[p.r.IntN(5)]
	value := p.scalar()
	switch op := op(p.r.IntN(14)); {
	case op <= opNot && depth > 0:
		join := []func(...*Query) *Query{All, Any, None}[op]
		return join(p.query(depth-1), p.query(depth-1))
	case op <= opHas:
		return Has(field)
	case op == opIn:
		return In(field, value, value)
	case op == opNotIn:
		return NotIn(field, value)
	case ordering(op) && kindOf(value) == boolean:
		return test(opEq, field, value)
	default:
		return test(op, field, value)
	}
}

// naive is the definition of what matches, written a second time and without haste.
func naive(q *Query, s Subject) bool {
	each := func(want bool) bool {
		return slices.ContainsFunc(q.operands, func(operand *Query) bool { return naive(operand, s) == want })
	}
	switch q.op {
	case opAll:
		return !each(false)
	case opAny:
		return each(true)
	case opNot:
		return !each(true)
	}
	fields := map[string]any{string(GroupField): s.Group, string(NameField): s.Name}
	for name, value := range s.Metadata {
		fields[name] = value
	}
	value, has := fields[q.field]
	operands := append([]any{q.value}, q.values...)
	equal := slices.ContainsFunc(operands, func(operand any) bool { return naiveOrder(value, operand) == "=" })
	known := slices.ContainsFunc(operands, func(operand any) bool { return naiveOrder(value, operand) != "" })
	order := naiveOrder(value, q.value)
	switch q.op {
	case opHas:
		return has
	case opEq, opIn:
		return equal
	case opNe, opNotIn:
		return known && !equal
	case opLt:
		return order == "<"
	case opLte:
		return order == "<" || order == "="
	case opGt:
		return order == ">"
	case opGte:
		return order == ">" || order == "="
	}
	return naiveContains(value, q.value, q.op == opContains)
}

// naiveOrder returns how a stands to b: < = >, or nothing if they do not compare.
func naiveOrder(a, b any) string {
	if kindOf(a) != kindOf(b) || a == nil {
		return ""
	}
	signs := [...]string{"<", "=", ">"}
	switch a := a.(type) {
	case int64, float64:
		return signs[1+exact(a).Cmp(exact(b))]
	case string:
		return signs[1+strings.Compare(a, b.(string))]
	case Version:
		return signs[1+a.Compare(b.(Version))]
	case bool:
		if a == b {
			return "="
		}
		return "<>"
	}
	return ""
}

func exact(number any) *big.Float {
	if i, ok := number.(int64); ok {
		return new(big.Float).SetInt64(i)
	}
	return big.NewFloat(number.(float64))
}

func naiveContains(value, operand any, want bool) bool {
	switch value := value.(type) {
	case []any:
		return want == slices.ContainsFunc(value, func(element any) bool { return naiveOrder(element, operand) == "=" })
	case string:
		part, ok := operand.(string)
		return ok && want == (len(strings.Split(value, part)) > 1 || part == "")
	}
	return false
}
