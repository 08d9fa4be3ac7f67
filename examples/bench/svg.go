package main

import (
	"bytes"
	"os"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
)

// The plotting library lays text out in a font that few readers have, and names
// no other. Arial has the same widths; the generic family is for the rest.
const (
	fontFamily = "font-family:Liberation Sans"
	fallbacks  = ",Arial,sans-serif"
)

func init() { plot.DefaultFont.Variant = "Sans" }

// saveSVG writes p, of that size, to file.
func saveSVG(p *plot.Plot, width, height vg.Length, file string) error {
	chart, err := p.WriterTo(width, height, "svg")
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if _, err := chart.WriteTo(&b); err != nil {
		return err
	}
	svg := bytes.ReplaceAll(b.Bytes(), []byte(fontFamily+";"), []byte(fontFamily+fallbacks+";"))
	return os.WriteFile(file, svg, 0o644)
}
