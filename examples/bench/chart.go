package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// charts draws how many times faster than grpc-go everybody is into dir, which
// it makes: a chart for each payload of calls, and one for the rest.
func (s *summary) charts(dir string) error {
	if dir == "" {
		return nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := s.drawGrowths(dir); err != nil {
		return err
	}
	for name, cells := range s.chartCells() {
		if err := s.draw(filepath.Join(dir, name+".svg"), cells); err != nil {
			return fmt.Errorf("chart %s: %w", name, err)
		}
	}
	return nil
}

// chartCells says which cells share a chart, by its name.
func (s *summary) chartCells() map[string][]cell {
	all := map[string][]cell{}
	for _, at := range s.cells {
		if growthOf(at.Kind) != nil {
			continue
		}
		name := "streams"
		if at.Kind == "call" {
			name = "calls-" + at.Payload.String()
		}
		all[name] = append(all[name], at)
	}
	return all
}

// draw draws a dot for each contender and cell, a row a contender. It draws no
// chart without dots.
func (s *summary) draw(file string, cells []cell) error {
	names := s.comparable(cells)
	if len(names) == 0 {
		return nil
	}
	p := newChart(names)
	least, most := 1.0, 1.0
	for i, at := range cells {
		dots := s.dots(names, at)
		for _, d := range dots {
			least, most = min(least, d.X), max(most, d.X)
		}
		if err := addDots(p, i, at.series(), dots); err != nil {
			return err
		}
	}
	p.X.Min, p.X.Max = least/1.3, most*1.3
	p.Title.Text = chartTitle(cells[0])
	return saveSVG(p, 680, vg.Length(len(names)+7)*17, file)
}

// newChart returns a chart with rows of those names, the last one on top.
func newChart(names []string) *plot.Plot {
	p := plot.New()
	p.Title.Padding = 8
	p.X.Label.Text = "times as fast as grpc-go over the same kind of socket"
	p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, plot.ConstantTicks(ratioTicks)
	p.NominalY(names...)
	p.Y.Min, p.Y.Max = -0.5, float64(len(names))+0.5 // room for the legend
	p.Y.Tick.Label.Font.Size = 10
	p.Legend.Top, p.Legend.Padding = true, 4
	p.Add(plotter.NewGrid())
	return p
}

// glyphs tell the series of a chart apart, with their colors.
var glyphs = []draw.GlyphDrawer{draw.CircleGlyph{}, draw.BoxGlyph{}, draw.PyramidGlyph{}}

// addDots adds series number i.
func addDots(p *plot.Plot, i int, name string, dots plotter.XYs) error {
	if len(dots) == 0 {
		return nil
	}
	scatter, err := plotter.NewScatter(dots)
	if err != nil {
		return err
	}
	scatter.Color, scatter.Shape, scatter.Radius = plotutil.Color(i), glyphs[i%len(glyphs)], 3.5
	p.Add(scatter)
	p.Legend.Add(name, scatter)
	return nil
}

// ratioTicks are where a reader looks for a ratio.
var ratioTicks = func() (ticks []plot.Tick) {
	for _, x := range []float64{0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000} {
		ticks = append(ticks, plot.Tick{Value: x, Label: fmt.Sprint(x)})
	}
	return ticks
}()

func chartTitle(at cell) string {
	if at.Kind == "call" {
		return "Calls a second, payload " + at.Payload.title()
	}
	return "Items of streams and events a second"
}

// series is what the legend says of a cell.
func (c cell) series() string {
	if c.Kind == "call" {
		return fmt.Sprintf("%d in flight", c.Inflight)
	}
	return c.short()
}

// comparable returns who has a ratio in one of the cells, from the bottom of a
// chart to its top.
func (s *summary) comparable(cells []cell) (names []string) {
	for _, c := range slices.Backward(s.contenders) {
		has := func(at cell) bool { return s.medians[entry{c.String(), at}].ratio > 0 }
		if slices.ContainsFunc(cells, has) {
			names = append(names, c.String())
		}
	}
	return names
}

func (s *summary) dots(names []string, at cell) (dots plotter.XYs) {
	for y, name := range names {
		if m := s.medians[entry{name, at}]; m.ratio > 0 {
			dots = append(dots, plotter.XY{X: m.ratio, Y: float64(y)})
		}
	}
	return dots
}
