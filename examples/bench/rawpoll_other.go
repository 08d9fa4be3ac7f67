//go:build !unix

package main

// pollingRaw is not there.
func pollingRaw(string) []contender { return nil }
