package topic_test

import (
	"fmt"

	"github.com/ipcgen/ipcgen/runtime/topic"
)

func ExampleMatch() {
	fmt.Println(topic.Match("room.*", "room.go"))
	fmt.Println(topic.Match("room.*", "room.go.posts"))
	fmt.Println(topic.Match("room.>", "room.go.posts"))
	// Output:
	// true
	// false
	// true
}

// Who wants to hear of a topic?
func ExampleTrie() {
	var subscribers topic.Trie[string]
	subscribers.Add("room.go", "ada")
	bob := subscribers.Add("room.*", "bob")
	subscribers.Add("user.>", "cy")
	ask := func() {
		for names := range subscribers.Match("room.go") {
			fmt.Println(names)
		}
	}
	ask()
	subscribers.Remove(bob)
	fmt.Println("bob leaves")
	ask()
	// Output:
	// [ada]
	// [bob]
	// bob leaves
	// [ada]
}

func ExampleJoin() {
	fmt.Println(topic.Join("room", "go"))
	_, err := topic.Join("room", "go.posts")
	fmt.Println(err)
	// Output:
	// room.go <nil>
	// topic "room.go.posts": level "go.posts" holds a dot, which separates levels
}

func ExampleCheckPattern() {
	fmt.Println(topic.CheckPattern("room.>"))
	fmt.Println(topic.CheckPattern(">.room"))
	// Output:
	// <nil>
	// pattern ">.room": > stands for all levels that follow, so it is the last
}

// A subscriber who cannot follow hears of the latest state only.
func ExamplePolicy() {
	slow := map[string]topic.Policy{
		"price.>": {Drop: topic.Latest},
		"room.*":  {Drop: topic.DropOldest, Buffer: 100},
	}
	fmt.Println(slow["price.>"].Drop, slow["price.>"].Size())
	fmt.Println(topic.Missed(3))
	// Output:
	// Latest 256
	// 3 events were missed: the subscriber is too slow
}
