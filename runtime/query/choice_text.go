package query

import (
	"strconv"
	"strings"
)

// words are the names of choices in their text form.
var words = map[how]string{
	random: "random", sticky: "sticky", roundRobin: "round-robin",
	leastPending: "least-pending", minBy: "min-by", otherwise: "else",
}

// String returns the choice as text that [ParseChoice] reads.
func (c Choice) String() string {
	var arguments []string
	switch c.how {
	case sticky:
		arguments = append(arguments, strconv.Quote(c.key))
	case minBy:
		arguments = append(arguments, valueText(c.field))
	case otherwise:
		arguments = append(arguments, c.otherwise.String())
		for _, choice := range c.choices {
			arguments = append(arguments, choice.String())
		}
	}
	return words[c.how] + "(" + strings.Join(arguments, ", ") + ")"
}

// choice reads a choice.
func (p *parser) choice() (c Choice, err error) {
	start := p.start
	switch {
	case p.is(words[random]):
		return Random(), p.noArgument()
	case p.is(words[leastPending]):
		return LeastPending(), p.noArgument()
	case p.is(words[roundRobin]):
		return RoundRobin(), p.noArgument()
	case p.is(words[sticky]):
		key, err := p.argument((*parser).key)
		return Sticky(key), err
	case p.is(words[minBy]):
		field, err := p.argument((*parser).field)
		return p.chosen(start, MinBy(field), err)
	case p.is(words[otherwise]):
		c, err := p.otherwise()
		return p.chosen(start, c, err)
	}
	return c, p.unexpected("a choice: random() sticky(key) round-robin() least-pending() min-by(field) else(query, choice)")
}

// chosen returns a choice that was read, unless there was an error, or it is none.
func (p *parser) chosen(start int, c Choice, err error) (Choice, error) {
	if err == nil {
		if wrong := Check(nil, c); wrong != nil {
			err = p.failAt(start, strings.TrimPrefix(wrong.Error(), "query: "))
		}
	}
	return c, err
}

func (p *parser) noArgument() error {
	_, err := p.argument(func(*parser) (string, error) { return "", nil })
	return err
}

func (p *parser) key() (string, error) {
	if p.kind != tokenString {
		return "", p.unexpected("a key in quotes")
	}
	key, err := p.unquoted()
	if err != nil {
		return "", p.failAt(p.start, err.Error())
	}
	return key, p.next()
}

// otherwise reads else(query, choice, ...).
func (p *parser) otherwise() (c Choice, err error) {
	if p.nest++; p.nest > MaxDepth {
		return c, p.failAt(p.start, strings.TrimPrefix(errElse.Error(), "query: "))
	}
	defer func() { p.nest-- }()
	if err := p.next(); err != nil {
		return c, err
	}
	if err := p.expect("("); err != nil {
		return c, err
	}
	q, err := p.any()
	if err != nil {
		return c, err
	}
	var choices []Choice
	for !p.is(")") {
		if err := p.expect(","); err != nil {
			return c, err
		}
		choice, err := p.choice()
		if err != nil {
			return c, err
		}
		choices = append(choices, choice)
	}
	return Else(q, choices...), p.next()
}
