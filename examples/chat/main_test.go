package main

// The output of main, over real WebSockets.
func Example() {
	main()
	// Output:
	// no entrance as "": ipc: room.no-name: nobody enters without a name
	// no entrance as "ada": ipc: room.name-taken: somebody else has that name
	// bob sees: bob enters
	// bob sees: cy enters
	// bob sees: bob says: I cannot stay
	// cy sees: cy enters
	// cy sees: bob says: I cannot stay
	// cy sees: bob leaves
	// ada sees: ada enters
	// ada sees: bob enters
	// ada sees: cy enters
	// ada sees: bob says: I cannot stay
	// ada sees: bob leaves
	// in the room: [ada cy]
}
