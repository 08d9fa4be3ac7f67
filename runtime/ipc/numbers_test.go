package ipc_test

import (
	"regexp"
	"strconv"
	"testing"

	"github.com/ipcgen/ipcgen/runtime/code"
)

// W13: the numbers that PROTOCOL.md gives to codes are those of package code.
func TestDocumentedNumbers(t *testing.T) {
	quoted := regexp.MustCompile("`([a-z_]+)`")
	seen := map[int]bool{}
	for _, row := range readDocument(t).table("By number") {
		number, err := strconv.Atoi(row[0])
		if err != nil {
			t.Errorf("%q is no number", row[0])
		}
		seen[number] = true
		for _, match := range quoted.FindAllStringSubmatch(row[1], -1) {
			if got := code.Code(match[1]).JSONRPC(); got != number {
				t.Errorf("%s: %d, documented is %d", match[1], got, number)
			}
		}
	}
	for c, want := range map[code.Code]int{
		"shop.sold_out": -32001, "anything": -32001, code.Draining: -32603, code.Lost: -32603, code.Silent: -32603,
	} {
		if got := c.JSONRPC(); got != want || !seen[want] {
			t.Errorf("%s: %d, want %d, documented: %v", c, got, want, seen[want])
		}
	}
}
