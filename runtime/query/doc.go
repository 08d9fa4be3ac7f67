// Package query says which peers. It is pure: no connection, no goroutine, no
// clock, nothing of the rest of this module.
//
// A peer says of itself what it likes, as [Metadata]: a few named values. A
// [Query] is a predicate over that and over the peer's identity. A [Choice] picks
// one of those that match. An [Index] holds many peers and does both quickly:
//
//	Metadata --Set--> Index --Query--> those that match --Choice--> one
//
// Queries are built:
//
//	query.All(query.Lt("load", 5), query.Eq("region", "eu"))
//
// or, where metadata is a struct under //ipc:metadata, built with names and types
// the compiler checks, from the likes of [Number] and [Text]:
//
//	query.All(fleet.BotFields.Load.Lt(5), fleet.BotFields.Region.Eq("eu"), query.GroupField.Eq("bots"))
//
// or read from text with [Parse], which is also how they cross a wire:
//
//	load < 5 && region == "eu"
//
// # The text form
//
//	query  = all { "||" all }
//	all    = unary { "&&" unary }
//	unary  = "!" unary | "(" query ")" | "true" | "false" | "has" "(" field ")" | test
//	test   = field ( "==" | "=" | "!=" | "<" | "<=" | ">" | ">=" ) value
//	       | field [ "not" ] "contains" value
//	       | field [ "not" ] "in" "[" [ value { "," value } ] "]"
//	field  = word | string
//	value  = string | number | "true" | "false" | version | word
//
// A word begins with a letter or _ and goes on with letters, digits and _.:/- of
// ASCII. The words true, false, has, in, not and contains are fields and values
// only in quotes. A string stands in double quotes, with the escapes of Go. A
// number is decimal, an integer unless it has a point or an exponent. A version
// is a v and digits: v1.2.3-rc.1. Any other word in the place of a value is a
// string: region=eu. The fields peer.group and peer.name are the identity.
//
// && binds closer than ||, and ! closest: !a = 1 && b = 2 is (!(a = 1)) && (b = 2).
// Kinds never mix: load = "5" does not match the number 5. What a missing field
// means is said at [Query]: nothing matches it, but ! turns that round too.
package query
