package main

import (
	"testing"

	"github.com/ipcgen/ipcgen/examples/bench/echo"
	"github.com/ipcgen/ipcgen/examples/bench/echopb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// The comparisons of answers see a change anywhere.

func TestSameMessage(t *testing.T) {
	want, wantProto := newMessage(64), newProtoMessage(64)
	if err := sameMessage(&want, &want); err != nil {
		t.Error(err)
	}
	if err := sameProtoMessage(wantProto, wantProto); err != nil {
		t.Error(err)
	}
	for field, change := range map[string]func(*echo.Message){
		"id":      func(m *echo.Message) { m.ID++ },
		"name":    func(m *echo.Message) { m.Name = "another" },
		"payload": func(m *echo.Message) { m.Payload[63]++ },
	} {
		got := newMessage(64)
		change(&got)
		if sameMessage(&got, &want) == nil {
			t.Errorf("a message with another %s is the same", field)
		}
		if sameProtoMessage(&echopb.Message{Id: got.ID, Name: got.Name, Payload: got.Payload}, wantProto) == nil {
			t.Errorf("a message of protobuf with another %s is the same", field)
		}
	}
}

func TestSameOrder(t *testing.T) {
	want := newOrder()
	if err := sameOrder(&want, &want); err != nil {
		t.Error(err)
	}
	for field, change := range map[string]func(*echo.Order){
		"id":        func(o *echo.Order) { o.ID++ },
		"customer":  func(o *echo.Order) { o.Customer.Name = "another" },
		"email":     func(o *echo.Order) { o.Customer.Email = "" },
		"since":     func(o *echo.Order) { o.Customer.Since = o.Placed },
		"line":      func(o *echo.Order) { o.Lines[3].Price++ },
		"tag":       func(o *echo.Order) { o.Tags[0] = "old" },
		"attribute": func(o *echo.Order) { o.Attributes["currency"] = "EUR" },
		"time":      func(o *echo.Order) { o.Placed = o.Placed.Add(1) },
	} {
		got := newOrder()
		change(&got)
		if sameOrder(&got, &want) == nil {
			t.Errorf("an order with another %s is the same", field)
		}
	}
}

func TestSameProtoOrder(t *testing.T) {
	want := newProtoOrder()
	if err := sameProtoOrder(want, want); err != nil {
		t.Error(err)
	}
	for field, change := range map[string]func(*echopb.Order){
		"id":          func(o *echopb.Order) { o.Id++ },
		"no customer": func(o *echopb.Order) { o.Customer = nil },
		"customer":    func(o *echopb.Order) { o.Customer.Name = "another" },
		"email":       func(o *echopb.Order) { o.Customer.Email = "" },
		"since":       func(o *echopb.Order) { o.Customer.Since = o.Placed },
		"article":     func(o *echopb.Order) { o.Lines[3].Article = "another" },
		"quantity":    func(o *echopb.Order) { o.Lines[3].Quantity++ },
		"price":       func(o *echopb.Order) { o.Lines[3].Price++ },
		"tag":         func(o *echopb.Order) { o.Tags[0] = "old" },
		"attribute":   func(o *echopb.Order) { o.Attributes["currency"] = "EUR" },
		"time":        func(o *echopb.Order) { o.Placed = timestamppb.New(o.Placed.AsTime().Add(1)) },
	} {
		got := newProtoOrder()
		change(got)
		if sameProtoOrder(got, want) == nil {
			t.Errorf("an order with another %s is the same", field)
		}
	}
}
