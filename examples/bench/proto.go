package main

import (
	"bytes"
	"context"
	"io"
	"maps"
	"slices"

	"github.com/ipcgen/ipcgen/examples/bench/echo"
	"github.com/ipcgen/ipcgen/examples/bench/echopb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// What the contenders share that speak protobuf.

// protoService is the part of the service that is the same for all of them.
type protoService struct{}

func (protoService) Echo(_ context.Context, m *echopb.Message) (*echopb.Message, error) {
	return m, nil
}

func (protoService) Place(_ context.Context, o *echopb.Order) (*echopb.Order, error) { return o, nil }

// protoCaller returns what calls echo or place.
func protoCaller(
	p payload,
	echo func(context.Context, *echopb.Message) (*echopb.Message, error),
	place func(context.Context, *echopb.Order) (*echopb.Order, error),
) caller {
	if p == nested {
		return protoOrderCaller(place)
	}
	m := newProtoMessage(p)
	return func(id int64) (int, error) {
		m.Id = id
		got, err := echo(context.Background(), m)
		if err == nil {
			err = sameProtoMessage(got, m)
		}
		return 1, err
	}
}

func protoOrderCaller(place func(context.Context, *echopb.Order) (*echopb.Order, error)) caller {
	o := newProtoOrder()
	return func(id int64) (int, error) {
		o.Id = id
		got, err := place(context.Background(), o)
		if err == nil {
			err = sameProtoOrder(got, o)
		}
		return 1, err
	}
}

func wanted(p payload, count int) *echopb.Wanted {
	return &echopb.Wanted{Size: int64(p), Count: int64(count)}
}

// sendProto sends the messages that w asks for.
func sendProto(send func(*echopb.Message) error, w *echopb.Wanted) error {
	m := newProtoMessage(payload(w.Size))
	for i := range w.Count {
		m.Id = i
		if err := send(m); err != nil {
			return err
		}
	}
	return nil
}

// receiveProto counts the messages that arrive before io.EOF.
func receiveProto(receive func() (*echopb.Message, error)) (n int, err error) {
	for {
		switch _, err := receive(); err {
		case nil:
			n++
		case io.EOF:
			return n, nil
		default:
			return n, err
		}
	}
}

// countProto is what Upload answers.
func countProto(receive func() (*echopb.Message, error)) (*echopb.Count, error) {
	n, err := receiveProto(receive)
	return &echopb.Count{Count: int64(n)}, err
}

func newProtoMessage(p payload) *echopb.Message {
	m := newMessage(p)
	return &echopb.Message{Name: m.Name, Payload: m.Payload}
}

func newProtoOrder() *echopb.Order {
	o := newOrder()
	return &echopb.Order{
		Customer: &echopb.Customer{
			Name: o.Customer.Name, Email: o.Customer.Email, Since: timestamppb.New(o.Customer.Since),
		},
		Lines:      protoLines(o.Lines),
		Tags:       o.Tags,
		Attributes: o.Attributes,
		Placed:     timestamppb.New(o.Placed),
	}
}

func protoLines(lines []echo.Line) (all []*echopb.Line) {
	for _, l := range lines {
		all = append(all, &echopb.Line{Article: l.Article, Quantity: l.Quantity, Price: l.Price})
	}
	return all
}

func sameProtoMessage(got, want *echopb.Message) error {
	if got.GetId() != want.Id || got.GetName() != want.Name || !bytes.Equal(got.GetPayload(), want.Payload) {
		return changed("message", got.GetId(), want.Id)
	}
	return nil
}

func sameProtoOrder(got, want *echopb.Order) error {
	if got.GetId() != want.Id || !sameProtoCustomer(got.Customer, want.Customer) ||
		!slices.EqualFunc(got.Lines, want.Lines, sameProtoLine) || !slices.Equal(got.Tags, want.Tags) ||
		!maps.Equal(got.Attributes, want.Attributes) || !got.Placed.AsTime().Equal(want.Placed.AsTime()) {
		return changed("order", got.GetId(), want.Id)
	}
	return nil
}

func sameProtoCustomer(got, want *echopb.Customer) bool {
	return got.GetName() == want.Name && got.GetEmail() == want.Email && got.GetSince().AsTime().Equal(want.Since.AsTime())
}

func sameProtoLine(got, want *echopb.Line) bool {
	return got.Article == want.Article && got.Quantity == want.Quantity && got.Price == want.Price
}
