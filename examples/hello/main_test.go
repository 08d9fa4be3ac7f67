package main

// The output of main, over a real socket.
func Example() {
	main()
	// Output:
	// Hello, Ada!
	// 3
	// 2
	// 1
	// forgotten: Ada
}
