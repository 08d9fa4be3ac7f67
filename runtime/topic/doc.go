// Package topic is about what events are published under. It is pure: text in,
// answers out, no goroutine, no lock.
//
// A topic is one or more levels joined by dots, like room.go.posts. A pattern
// is a topic in which * stands for any one level, and > as the last level for
// one or more:
//
//	room.*        room.go, room.c, not room.go.posts
//	*.go          room.go, user.go
//	room.>        room.go, room.go.posts, not room
//	>             everything
//
// A [Trie] holds the patterns of many subscribers and finds those that a topic
// matches, in time that depends on its levels and on what is found, not on how
// many patterns there are. A [Policy] says what happens to the events of a
// subscriber who is slower than they come.
package topic
