package annotations

import (
	"go/token"
	"strings"
)

// topic returns the value of a, a template like room.{room}.
func (r *reader) topic(a argument) Topic {
	t := Topic{Source: a.value}
	pos := a.valuePos
	for part := range strings.SplitSeq(a.value, ".") {
		if w, ok := r.topicWord(part, pos); ok {
			r.refuseRepeated(t, w, pos)
			t.Words = append(t.Words, w)
		}
		pos += token.Pos(len(part) + len("."))
	}
	return t
}

// topicWord returns the word written as part at pos.
func (r *reader) topicWord(part string, pos token.Pos) (Word, bool) {
	name, opened := strings.CutPrefix(part, "{")
	name, closed := strings.CutSuffix(name, "}")
	switch {
	case part == "":
		r.report(pos, malformedTopic, "a topic is made of words joined by single dots: here is an empty one")
	case strings.ContainsAny(part, "*>"):
		r.report(pos, malformedTopic, "%q is a pattern: events are published to one topic, only subscribers may write * and >", part)
	case opened && !strings.Contains(part, "}"):
		r.report(pos, malformedTopic, "the brace of %q is not closed: write {parameter}", part)
	case opened && closed && token.IsIdentifier(name) && name != "_":
		return Word{Pos: r.fset.Position(pos), Param: name}, true
	case opened && closed:
		r.report(pos, malformedTopic, "%q is not the name of a parameter in braces: write {parameter}", part)
	case strings.ContainsAny(part, "{}"):
		r.report(pos, malformedTopic, "a parameter is a whole word of a topic: put a dot between it and the rest of %q", part)
	case r.isPart(part, pos, "a word of a topic"):
		return Word{Pos: r.fset.Position(pos), Literal: part}, true
	}
	return Word{}, false
}

// refuseRepeated reports w if it is a parameter that t already has.
func (r *reader) refuseRepeated(t Topic, w Word, pos token.Pos) {
	for _, other := range t.Words {
		if w.Param != "" && w.Param == other.Param {
			r.report(pos, malformedTopic, "{%s} stands twice in the topic: keep one", w.Param)
		}
	}
}
