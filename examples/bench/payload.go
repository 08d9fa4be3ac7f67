package main

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/ipcgen/ipcgen/examples/bench/echo"
)

// payload is what calls carry: a [echo.Message] with a payload of so many
// bytes, or an [echo.Order].
type payload int

const nested payload = -1

const (
	maxPayload     = 1<<maxPayloadBits - 1
	maxPayloadBits = 20
)

func parsePayload(s string) (payload, error) {
	if s == "nested" {
		return nested, nil
	}
	n, err := strconv.ParseUint(s, 10, maxPayloadBits)
	return payload(n), err
}

// String returns what parsePayload takes.
func (p payload) String() string {
	if p == nested {
		return "nested"
	}
	return strconv.Itoa(int(p))
}

// title is for people.
func (p payload) title() string {
	switch {
	case p == nested:
		return "nested"
	case p >= 1024:
		return fmt.Sprintf("%d KiB", p/1024)
	}
	return fmt.Sprintf("%d B", p)
}

func newMessage(p payload) echo.Message {
	m := echo.Message{Name: "the name of a thing", Payload: make([]byte, p)}
	for i := range m.Payload {
		m.Payload[i] = byte(i * 151)
	}
	return m
}

func newOrder() echo.Order {
	return echo.Order{
		Customer: echo.Customer{
			Name: "Ada Lovelace", Email: "ada@example.org",
			Since: time.Date(2015, 12, 10, 8, 0, 0, 0, time.UTC),
		},
		Lines: []echo.Line{
			{Article: "difference engine", Quantity: 1, Price: 17470},
			{Article: "punched card", Quantity: 1200, Price: 0.04},
			{Article: "lamp oil, one gallon", Quantity: 3, Price: 2.75},
			{Article: "note paper, laid", Quantity: 500, Price: 0.015},
		},
		Tags:       []string{"new", "gift", "by rail"},
		Attributes: map[string]string{"channel": "letter", "currency": "GBP", "warehouse": "London"},
		Placed:     time.Date(2026, 2, 3, 4, 5, 6, 789_000_000, time.UTC),
	}
}

// Every answer is compared with what was sent, all of it, by everybody. That
// takes a hundredth of a call, and allocates nothing.

func sameMessage(got, want *echo.Message) error {
	if got.ID != want.ID || got.Name != want.Name || !bytes.Equal(got.Payload, want.Payload) {
		return changed("message", got.ID, want.ID)
	}
	return nil
}

func sameOrder(got, want *echo.Order) error {
	if got.ID != want.ID || !sameCustomer(&got.Customer, &want.Customer) ||
		!slices.Equal(got.Lines, want.Lines) || !slices.Equal(got.Tags, want.Tags) ||
		!maps.Equal(got.Attributes, want.Attributes) || !got.Placed.Equal(want.Placed) {
		return changed("order", got.ID, want.ID)
	}
	return nil
}

func sameCustomer(got, want *echo.Customer) bool {
	return got.Name == want.Name && got.Email == want.Email && got.Since.Equal(want.Since)
}

// changed is what a caller says of an answer that is not what was sent.
func changed(what string, got, want int64) error {
	if got != want {
		return fmt.Errorf("%s %d came back for %d", what, got, want)
	}
	return fmt.Errorf("%s %d came back changed", what, got)
}

// counted is the end of a stream of which got items arrived.
func counted(got, want int, err error) (int, error) {
	if err == nil && got != want {
		err = fmt.Errorf("%d of %d items arrived", got, want)
	}
	return got, err
}
