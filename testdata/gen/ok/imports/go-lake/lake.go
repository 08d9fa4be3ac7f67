// Package lake has another name than its directory.
package lake

// Depth is a name for a basic type.
type Depth float64
