// Package tags has structs with tags: some only name fields, some leave the
// struct to reflection.
package tags

import "context"

// Tags moves structs with tags.
//
//ipc:service
type Tags interface {
	Plain(ctx context.Context, v Renamed) (Renamed, error)
	Both(ctx context.Context, v Both) (Skipped, error)
	Options(ctx context.Context, a OmitEmpty, b OmitZero, c KeyAsInt, d ToArray, e Quoted) error
	Clash(ctx context.Context, v Clash, w Cases) (Clash, error)
}

// Renamed has names for JSON.
type Renamed struct {
	ID    int    `json:"id"`
	Title string `json:"the title"`
	Other bool   `yaml:"other"`
	Empty string `json:""`
}

// Both has names for JSON and CBOR: CBOR's count there.
type Both struct {
	ID   int    `cbor:"i" json:"id"`
	Name string `cbor:"" json:"name"`
	Note string `cbor:"n"`
}

// Skipped has fields that do not cross.
type Skipped struct {
	Kept    int
	Neither string `json:"-"`
	JSON    string `cbor:"-" json:"json"`
	CBOR    string `cbor:"cbor" json:"-"`
	own     int
}

// OmitEmpty leaves out what is empty.
type OmitEmpty struct {
	Name string `json:"name,omitempty"`
	Tags []string
}

// OmitZero leaves out what is zero.
type OmitZero struct {
	Name string `json:"name,omitzero"`
}

// KeyAsInt has numbers for keys.
type KeyAsInt struct {
	Name string `cbor:"1,keyasint" json:"name"`
}

// ToArray crosses as an array.
type ToArray struct {
	_    struct{} `cbor:",toarray"`
	X, Y int
}

// Quoted asks JSON for quotes.
type Quoted struct {
	N int64 `json:"n,string"`
}

// Clash has two fields of one name for CBOR: the tagged one wins.
type Clash struct {
	Name  string
	Title string `cbor:"Name"`
}

// Cases has names that differ by case only.
type Cases struct {
	ID int
	Id string
}
