package metadata

import q "github.com/ipcgen/ipcgen/runtime/query"

// Workers returns a query for workers below a number, and what one of them tells,
// there and back.
func Workers(number int) (*q.Query, q.Metadata, int, error) {
	told := workerMetadata(worker{Number: number})
	back, err := workerFromMetadata(told)
	return workerFields.Number.Lt(number), told, back.Number, err
}
