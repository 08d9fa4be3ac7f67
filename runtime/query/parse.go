package query

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// SyntaxError says what is wrong with the text of a query or a choice, and where.
type SyntaxError struct {
	Offset  int // in bytes, from 0, into the text that was parsed
	Message string
}

// Error returns the message with the column, which counts bytes from 1.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("query: column %d: %s", e.Offset+1, e.Message)
}

// Parse reads a query; the grammar stands at the top of this package. Its error
// is a [*SyntaxError]. Whatever the text, Parse takes time and memory in
// proportion to [MaxText] at most, and what it returns keeps the limits of queries.
func Parse(s string) (*Query, error) {
	return parse(s, (*parser).any)
}

// ParseChoice reads a choice, as [Choice.String] writes it: sticky("user-42"),
// random(), round-robin(), least-pending(), min-by(load), or else(query, choice,
// ...). Its error is a [*SyntaxError].
func ParseChoice(s string) (Choice, error) {
	return parse(s, (*parser).choice)
}

func parse[T any](s string, rule func(*parser) (T, error)) (result T, err error) {
	var zero T
	if len(s) > MaxText {
		return zero, &SyntaxError{MaxText, fmt.Sprintf("the text has %d bytes, at most %d are allowed", len(s), MaxText)}
	}
	p := &parser{text: s}
	if err := p.next(); err != nil {
		return zero, err
	}
	if result, err = rule(p); err != nil {
		return zero, err
	}
	if p.kind != tokenEnd {
		return zero, p.unexpected("the end")
	}
	return result, nil
}

// A parser stands on one token and looks at no other.
type parser struct {
	text  string
	kind  tokenKind
	token string // as it is written
	start int    // of the token
	end   int
	nest  int // how many ! and parentheses we are in
}

type tokenKind int

const (
	tokenEnd    tokenKind = iota
	tokenWord             // a name, a number, a version, an operator in letters
	tokenString           // in quotes
	tokenSign
)

// signs are in an order in which the first that fits is the longest.
var signs = []string{"&&", "||", "==", "!=", "<=", ">=", "<", ">", "=", "!", "(", ")", "[", "]", ","}

// next goes on to the next token.
func (p *parser) next() error {
	rest := strings.TrimLeft(p.text[p.end:], " \t\r\n")
	p.start = len(p.text) - len(rest)
	length := wordLength(rest)
	switch {
	case rest == "":
		p.kind = tokenEnd
	case length > 0:
		p.kind = tokenWord
	case rest[0] == '"':
		quoted, err := strconv.QuotedPrefix(rest)
		if err != nil {
			return p.failAt(p.start, `no text in quotes begins here: the closing " is missing, or a \ stands before something it cannot`)
		}
		p.kind, length = tokenString, len(quoted)
	default:
		if length = signLength(rest); length == 0 {
			return p.failAt(p.start, fmt.Sprintf("%q means nothing here", []rune(rest)[0]))
		}
		p.kind = tokenSign
	}
	p.token, p.end = rest[:length], p.start+length
	return nil
}

func wordLength(s string) int {
	for i, r := range s {
		if !isNameRune(r) && r != '+' {
			return i
		}
	}
	return len(s)
}

func signLength(s string) int {
	for _, sign := range signs {
		if strings.HasPrefix(s, sign) {
			return len(sign)
		}
	}
	return 0
}

func (p *parser) failAt(offset int, message string) error { return &SyntaxError{offset, message} }

// unexpected says that something else than the token is wanted.
func (p *parser) unexpected(wanted string) error {
	if p.kind == tokenEnd {
		return p.failAt(p.start, "want "+wanted+", found the end")
	}
	return p.failAt(p.start, "want "+wanted+", found "+shortened(p.token))
}

// is says whether the token is this sign or word.
func (p *parser) is(token string) bool {
	return p.kind != tokenString && p.token == token && p.kind != tokenEnd
}

// accept goes past the token if it is this one.
func (p *parser) accept(token string) (bool, error) {
	if !p.is(token) {
		return false, nil
	}
	return true, p.next()
}

// expect goes past the token, which must be this one.
func (p *parser) expect(token string) error {
	if !p.is(token) {
		return p.unexpected(token)
	}
	return p.next()
}

func (p *parser) any() (*Query, error) { return p.joined("||", Any, (*parser).all) }
func (p *parser) all() (*Query, error) { return p.joined("&&", All, (*parser).unary) }

// joined reads operands with a sign between them.
func (p *parser) joined(sign string, join func(...*Query) *Query, operand func(*parser) (*Query, error)) (*Query, error) {
	start := p.start
	var operands []*Query
	for {
		q, err := operand(p)
		if err != nil {
			return nil, err
		}
		operands = append(operands, q)
		if more, err := p.accept(sign); err != nil || !more {
			return p.built(start, join(operands...), err)
		}
	}
}

// built returns a query that was made of the text from start on, unless there was an
// error, or there is one in it.
func (p *parser) built(start int, q *Query, err error) (*Query, error) {
	if err != nil {
		return nil, err
	}
	if q.err != nil {
		return nil, p.failAt(start, strings.TrimPrefix(q.err.Error(), "query: "))
	}
	return q, nil
}

func (p *parser) unary() (*Query, error) {
	start, token := p.start, p.token
	switch {
	case p.is("!"), p.is("("):
		return p.nested(token)
	case p.is(wordTrue):
		return everybody, p.next()
	case p.is(wordFalse):
		return Any(), p.next()
	case p.is(wordHas):
		field, err := p.argument((*parser).field)
		return p.built(start, Has(field), err)
	}
	return p.test()
}

func (p *parser) nested(sign string) (*Query, error) {
	if p.nest++; p.nest > 2*MaxDepth {
		return nil, p.failAt(p.start, fmt.Sprintf("more than %d ! and parentheses within one another", 2*MaxDepth))
	}
	defer func() { p.nest-- }()
	start := p.start
	if err := p.next(); err != nil {
		return nil, err
	}
	if sign == "!" {
		q, err := p.unary()
		if err != nil {
			return nil, err
		}
		return p.built(start, None(q), nil)
	}
	q, err := p.any()
	if err != nil {
		return nil, err
	}
	return q, p.expect(")")
}

// argument reads a word, which is the token, and what follows it in parentheses.
func (p *parser) argument(rule func(*parser) (string, error)) (s string, err error) {
	if err = p.next(); err != nil {
		return "", err
	}
	if err = p.expect("("); err != nil {
		return "", err
	}
	if s, err = rule(p); err != nil {
		return "", err
	}
	return s, p.expect(")")
}

// field reads the name of a field: a word, or a text.
func (p *parser) field() (name string, err error) {
	const wanted = "the name of a field"
	switch {
	case p.kind == tokenString:
		name, err = p.unquoted()
	case p.kind == tokenWord && isLetter(p.token[0]) && !reservedWord(p.token):
		name = p.token
	case p.kind == tokenWord:
		return "", p.failAt(p.start, fmt.Sprintf("want %s, found %s: write it in quotes if it is one", wanted, shortened(p.token)))
	default:
		return "", p.unexpected(wanted)
	}
	if err == nil {
		err = checkField(name)
	}
	if err != nil {
		return "", p.failAt(p.start, strings.TrimPrefix(err.Error(), "query: "))
	}
	return name, p.next()
}

// operators are the signs between a field and a value.
var operators = map[string]op{"==": opEq, "=": opEq, "!=": opNe, "<": opLt, "<=": opLte, ">": opGt, ">=": opGte}

func (p *parser) test() (*Query, error) {
	field, err := p.field()
	if err != nil {
		return nil, err
	}
	negated, err := p.accept(wordNot)
	if err != nil {
		return nil, err
	}
	op, known := operators[p.token]
	switch {
	case p.is(wordIn):
		return p.in(field, negated)
	case p.is(wordContains) && negated:
		op = opNotContains
	case p.is(wordContains):
		op = opContains
	case negated:
		return nil, p.unexpected("in or contains after not")
	case !known || p.kind != tokenSign:
		return nil, p.unexpected("an operator: == != < <= > >= in contains not")
	}
	if err := p.next(); err != nil {
		return nil, err
	}
	start := p.start
	value, err := p.value()
	return p.built(start, test(op, field, value), err)
}

func (p *parser) in(field string, negated bool) (*Query, error) {
	start := p.end
	if err := p.next(); err != nil {
		return nil, err
	}
	values, err := p.list()
	if negated {
		return p.built(start, NotIn(field, values...), err)
	}
	return p.built(start, In(field, values...), err)
}

func (p *parser) list() (values []any, err error) {
	if err := p.expect("["); err != nil {
		return nil, err
	}
	for !p.is("]") {
		if len(values) > 0 {
			if err := p.expect(","); err != nil {
				return nil, err
			}
		}
		value, err := p.value()
		if err != nil {
			return nil, err
		}
		values = append(values, value)
	}
	return values, p.next()
}

// value reads one value. A word that means nothing else is a text.
func (p *parser) value() (value any, err error) {
	const wanted = "a value"
	start, token := p.start, p.token
	switch {
	case p.kind == tokenString:
		value, err = p.unquoted()
	case p.kind != tokenWord:
		return nil, p.unexpected(wanted)
	case token == wordTrue || token == wordFalse:
		value = token == wordTrue
	case reservedWord(token):
		return nil, p.failAt(start, fmt.Sprintf("want %s, found %s: write it in quotes if it is one", wanted, token))
	case token[0] == 'v' && len(token) > 1 && isDigit(token[1]):
		value, err = ParseVersion(token)
	case isLetter(token[0]) && !strings.Contains(token, "+"):
		value = token
	default:
		value, err = parseNumber(token)
	}
	if err != nil {
		return nil, p.failAt(start, strings.TrimPrefix(err.Error(), "query: "))
	}
	return value, p.next()
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// unquoted returns the text in the token's quotes.
func (p *parser) unquoted() (string, error) {
	s, err := strconv.Unquote(p.token)
	if err != nil {
		return "", errors.New("no text in quotes: " + err.Error())
	}
	return s, nil
}

// parseNumber reads an int64 or a finite float64, in decimal.
func parseNumber(s string) (any, error) {
	if strings.Trim(s, "0123456789+-.eE") != "" {
		return nil, fmt.Errorf("%s is no number: write a text in quotes", shortened(s))
	}
	var value any
	var err error
	if strings.ContainsAny(s, ".eE") {
		value, err = strconv.ParseFloat(s, 64)
	} else {
		value, err = strconv.ParseInt(s, 10, 64)
	}
	if errors.Is(err, strconv.ErrRange) {
		return nil, fmt.Errorf("%s is beyond %d and %g, the largest integer and float", shortened(s), math.MaxInt64, math.MaxFloat64)
	}
	if err != nil {
		return nil, fmt.Errorf("%s is no number: write a text in quotes", shortened(s))
	}
	return value, nil
}

// shortened is a piece of the text for an error.
func shortened(s string) string {
	const enough = 40
	if len(s) <= enough {
		return s
	}
	return strings.ToValidUTF8(s[:enough], "") + "..."
}
