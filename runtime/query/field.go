package query

// Number is a field of metadata that holds integers or floats. Its value is the
// name of the field.
//
// Number, [Text], [Flag], [Release] and [List] are fields with a type. Generated
// code declares them from a struct under //ipc:metadata, so that a field that is
// misspelt, or compared with something it never holds, does not compile. Their methods
// are the functions of the same names: Eq is [Eq] of this field, Min is [MinBy] of it.
// Beside these, Set and Unset are updates of this field alone, for
// [Metadata.Merge], and Read and ReadOptional go from metadata to Go, see [Read].
type Number[T integer | float] string

type integer interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uintptr
}

type float interface{ ~float32 | ~float64 }

// Text is a field that holds strings; see [Number].
type Text[T ~string] string

// Flag is a field that holds bools; see [Number].
type Flag[T ~bool] string

// Release is a field that holds versions; see [Number].
type Release string

// List is a field that holds lists with elements of one type; see [Number].
type List[T element] string

type element interface {
	~string | ~bool | integer | float | Version
}

// Eq matches peers whose field equals v.
func (f Number[T]) Eq(v T) *Query { return Eq(string(f), v) }

// Ne matches peers whose field is there and differs from v.
func (f Number[T]) Ne(v T) *Query { return Ne(string(f), v) }

// Lt matches peers whose field is below v.
func (f Number[T]) Lt(v T) *Query { return Lt(string(f), v) }

// Lte matches peers whose field is at most v.
func (f Number[T]) Lte(v T) *Query { return Lte(string(f), v) }

// Gt matches peers whose field is above v.
func (f Number[T]) Gt(v T) *Query { return Gt(string(f), v) }

// Gte matches peers whose field is at least v.
func (f Number[T]) Gte(v T) *Query { return Gte(string(f), v) }

// In matches peers whose field equals one of values.
func (f Number[T]) In(values ...T) *Query { return In(string(f), values...) }

// NotIn matches peers whose field is there and equals none of values.
func (f Number[T]) NotIn(values ...T) *Query { return NotIn(string(f), values...) }

// Min chooses the peer with the lowest number in the field: see [MinBy].
func (f Number[T]) Min() Choice { return MinBy(string(f)) }

// Has matches peers that have the field.
func (f Number[T]) Has() *Query { return Has(string(f)) }

// Set is an update that makes the field v.
func (f Number[T]) Set(v T) Metadata { return Metadata{string(f): v} }

// Unset is an update that removes the field.
func (f Number[T]) Unset() Metadata { return Metadata{string(f): nil} }

// Read is a step of [Read]: it sets v to what the field holds.
func (f Number[T]) Read(v *T) Reader { return Reader{string(f), v} }

// ReadOptional is Read, but v becomes nil if there is no such field.
func (f Number[T]) ReadOptional(v **T) Reader { return Reader{string(f), v} }

// Eq matches peers whose field equals v.
func (f Text[T]) Eq(v T) *Query { return Eq(string(f), v) }

// Ne matches peers whose field is there and differs from v.
func (f Text[T]) Ne(v T) *Query { return Ne(string(f), v) }

// Lt matches peers whose field is below v.
func (f Text[T]) Lt(v T) *Query { return Lt(string(f), v) }

// Lte matches peers whose field is at most v.
func (f Text[T]) Lte(v T) *Query { return Lte(string(f), v) }

// Gt matches peers whose field is above v.
func (f Text[T]) Gt(v T) *Query { return Gt(string(f), v) }

// Gte matches peers whose field is at least v.
func (f Text[T]) Gte(v T) *Query { return Gte(string(f), v) }

// In matches peers whose field equals one of values.
func (f Text[T]) In(values ...T) *Query { return In(string(f), values...) }

// NotIn matches peers whose field is there and equals none of values.
func (f Text[T]) NotIn(values ...T) *Query { return NotIn(string(f), values...) }

// Contains matches peers whose field has part within.
func (f Text[T]) Contains(part T) *Query { return Contains(string(f), part) }

// NotContains matches peers whose field is there without part in it.
func (f Text[T]) NotContains(part T) *Query { return NotContains(string(f), part) }

// Has matches peers that have the field.
func (f Text[T]) Has() *Query { return Has(string(f)) }

// Set is an update that makes the field v.
func (f Text[T]) Set(v T) Metadata { return Metadata{string(f): v} }

// Unset is an update that removes the field.
func (f Text[T]) Unset() Metadata { return Metadata{string(f): nil} }

// Read is a step of [Read]: it sets v to what the field holds.
func (f Text[T]) Read(v *T) Reader { return Reader{string(f), v} }

// ReadOptional is Read, but v becomes nil if there is no such field.
func (f Text[T]) ReadOptional(v **T) Reader { return Reader{string(f), v} }

// Eq matches peers whose field equals v.
func (f Flag[T]) Eq(v T) *Query { return Eq(string(f), v) }

// Ne matches peers whose field is there and differs from v.
func (f Flag[T]) Ne(v T) *Query { return Ne(string(f), v) }

// Has matches peers that have the field.
func (f Flag[T]) Has() *Query { return Has(string(f)) }

// Set is an update that makes the field v.
func (f Flag[T]) Set(v T) Metadata { return Metadata{string(f): v} }

// Unset is an update that removes the field.
func (f Flag[T]) Unset() Metadata { return Metadata{string(f): nil} }

// Read is a step of [Read]: it sets v to what the field holds.
func (f Flag[T]) Read(v *T) Reader { return Reader{string(f), v} }

// ReadOptional is Read, but v becomes nil if there is no such field.
func (f Flag[T]) ReadOptional(v **T) Reader { return Reader{string(f), v} }

// Eq matches peers whose field equals v.
func (f Release) Eq(v Version) *Query { return Eq(string(f), v) }

// Ne matches peers whose field is there and differs from v.
func (f Release) Ne(v Version) *Query { return Ne(string(f), v) }

// Lt matches peers whose field is below v.
func (f Release) Lt(v Version) *Query { return Lt(string(f), v) }

// Lte matches peers whose field is at most v.
func (f Release) Lte(v Version) *Query { return Lte(string(f), v) }

// Gt matches peers whose field is above v.
func (f Release) Gt(v Version) *Query { return Gt(string(f), v) }

// Gte matches peers whose field is at least v.
func (f Release) Gte(v Version) *Query { return Gte(string(f), v) }

// In matches peers whose field equals one of values.
func (f Release) In(values ...Version) *Query { return In(string(f), values...) }

// NotIn matches peers whose field is there and equals none of values.
func (f Release) NotIn(values ...Version) *Query { return NotIn(string(f), values...) }

// Has matches peers that have the field.
func (f Release) Has() *Query { return Has(string(f)) }

// Set is an update that makes the field v.
func (f Release) Set(v Version) Metadata { return Metadata{string(f): v} }

// Unset is an update that removes the field.
func (f Release) Unset() Metadata { return Metadata{string(f): nil} }

// Read is a step of [Read]: it sets v to what the field holds.
func (f Release) Read(v *Version) Reader { return Reader{string(f), v} }

// ReadOptional is Read, but v becomes nil if there is no such field.
func (f Release) ReadOptional(v **Version) Reader { return Reader{string(f), v} }

// Contains matches peers whose list has v as an element. Nothing makes a peer
// say a list: of one that says a string instead, and for T a string, it is asked
// whether v is within.
func (f List[T]) Contains(v T) *Query { return Contains(string(f), v) }

// NotContains matches peers whose list is there without v.
func (f List[T]) NotContains(v T) *Query { return NotContains(string(f), v) }

// Has matches peers that have the field.
func (f List[T]) Has() *Query { return Has(string(f)) }

// Set is an update that makes the field v.
func (f List[T]) Set(v []T) Metadata { return Metadata{string(f): v} }

// Unset is an update that removes the field.
func (f List[T]) Unset() Metadata { return Metadata{string(f): nil} }

// Read is a step of [Read]: it sets v to what the field holds.
func (f List[T]) Read(v *[]T) Reader { return Reader{string(f), v} }
