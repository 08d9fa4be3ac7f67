package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"sync"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"
)

// growth is a kind of cell that says how cost grows with a number, which is
// the cell's Inflight though but one call is under way.
type growth struct {
	kind   string
	title  string
	number string // what it counts
	unit   string
	least  int // sizes below say nothing
	value  func(median) float64
}

// growths are all there are, in the order of the tables.
var growths = []growth{
	{"routes", "Calls a second, of one route after the other", "routes", "calls/s", 1, rateOf},
	{"peers", "Calls a second, over one connection after the other", "connections", "calls/s", 1, rateOf},
	{"pending", "Calls a second, while others wait for their replies", "pending calls", "calls/s", 1, rateOf},
	{"idle", "Memory of the server for an idle connection", "connections", "KiB", 100,
		func(m median) float64 { return m.memory / (1 << 10) }},
	{"generate", "Generation of one package", "routes", "ms", 1,
		func(m median) float64 { return m.p50 / 1000 }},
}

func rateOf(m median) float64 { return m.rate }

// scaleKinds and scaleContenders are what -scale stands for.
const (
	scaleKinds      = "routes,peers,pending,idle,generate"
	scaleContenders = "ipcgen/unix/cbor,ipcgen/tcp/cbor,ipcgen/ws/cbor,raw/unix,generator"
)

// growthOf returns the growth of that kind, nil if it is none.
func growthOf(kind string) *growth {
	i := slices.IndexFunc(growths, func(g growth) bool { return g.kind == kind })
	if i < 0 {
		return nil
	}
	return &growths[i]
}

// cells are those of g at the comma-separated sizes.
func (g *growth) cells(sizes string) (cells []cell, err error) {
	for _, s := range split(sizes) {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("-sizes %q: want a number from 1 on", s)
		}
		if n >= g.least {
			cells = append(cells, cell{Kind: g.kind, Payload: 64, Inflight: n})
		}
	}
	return cells, nil
}

// gang is many clients that call in turn, one at a time.
type gang []client

// assemble dials n times.
func assemble(c contender, address string, n int) (client, error) {
	var g gang
	for range n {
		one, err := c.dial(address, 1)
		if err != nil {
			return nil, errors.Join(err, g.Close())
		}
		g = append(g, one)
	}
	return g, nil
}

func (g gang) caller(p payload) caller {
	var calls []caller
	for _, one := range g {
		calls = append(calls, one.caller(p))
	}
	return inTurns(calls)
}

// inTurns returns what makes one call after the other.
func inTurns(calls []caller) caller {
	next := 0
	return func(id int64) (int, error) {
		call := calls[next]
		next = (next + 1) % len(calls)
		return call(id)
	}
}

func (g gang) Close() error {
	errs := make([]error, len(g))
	var closing sync.WaitGroup
	for i, one := range g {
		closing.Go(func() { errs[i] = one.Close() })
	}
	closing.Wait()
	return errors.Join(errs...)
}

// memory is that of heap and stacks in use, in bytes.
func memory() int {
	runtime.GC()
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapInuse + m.StackInuse)
}

// weigh returns what each of the cell's connections takes of the server's
// memory, in bytes.
func (p *pair) weigh(at cell) (r result, err error) {
	weight := func(n int) (before, after response, err error) {
		if before, err = p.server.ask(request{Op: "memory"}); err != nil {
			return
		}
		some := at
		some.Inflight = n
		if _, err = p.client.ask(request{Op: "dial", Address: p.address, Cell: some, Grace: at.grace()}); err != nil {
			return
		}
		if after, err = p.server.ask(request{Op: "memory"}); err != nil {
			return
		}
		_, err = p.client.ask(request{Op: "hangup", Grace: at.grace()})
		return
	}
	if _, _, err := weight(10); err != nil { // what is there once is not counted
		return r, err
	}
	before, after, err := weight(at.Inflight)
	r = p.result(at, measured{Count: 1, Elapsed: 1}, usage{})
	r.Rate, r.Memory = 0, float64(after.Memory-before.Memory)/float64(at.Inflight)
	return r, err
}

// grace is how much time more than usual the cell needs.
func (c cell) grace() time.Duration {
	if growthOf(c.Kind) == nil {
		return 0
	}
	return 2 * time.Minute
}

// growthTables are those of the growths that were measured.
func (s *summary) growthTables() (tables []table) {
	for _, g := range growths {
		t := table{title: g.title + ", " + g.unit + ", by the number of " + g.number, head: []string{"contender"}}
		cells := s.cellsOf(g.kind)
		for _, at := range cells {
			t.head = append(t.head, strconv.Itoa(at.Inflight))
		}
		for _, c := range s.contenders {
			if len(s.curve(&g, c)) == 0 {
				continue
			}
			row := []string{c.String()}
			for _, at := range cells {
				row = append(row, number(g.value(s.medians[entry{c.String(), at}])))
			}
			t.rows = append(t.rows, row)
		}
		tables = append(tables, t)
	}
	return tables
}

func (s *summary) cellsOf(kind string) (cells []cell) {
	for _, at := range s.cells {
		if at.Kind == kind {
			cells = append(cells, at)
		}
	}
	return cells
}

// curve is what was measured of c, by size.
func (s *summary) curve(g *growth, c contender) (points plotter.XYs) {
	for _, at := range s.cellsOf(g.kind) {
		if y := g.value(s.medians[entry{c.String(), at}]); y > 0 {
			points = append(points, plotter.XY{X: float64(at.Inflight), Y: y})
		}
	}
	return points
}

// drawGrowths draws a chart for each growth into dir: flat is good.
func (s *summary) drawGrowths(dir string) error {
	for _, g := range growths {
		if err := s.drawGrowth(&g, filepath.Join(dir, "growth-"+g.kind+".svg")); err != nil {
			return fmt.Errorf("chart %s: %w", g.kind, err)
		}
	}
	return nil
}

func (s *summary) drawGrowth(g *growth, file string) error {
	p := plot.New()
	p.Title.Text, p.Title.Padding = g.title, 8
	p.X.Label.Text, p.Y.Label.Text = g.number, g.unit
	p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
	p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
	p.Legend.Top, p.Legend.Padding = true, 4
	p.Add(plotter.NewGrid())
	least, most, drawn := 0.0, 0.0, 0
	for _, c := range s.contenders {
		points := s.curve(g, c)
		if len(points) == 0 {
			continue
		}
		for _, at := range points {
			if least == 0 || at.Y < least {
				least = at.Y
			}
			most = max(most, at.Y)
		}
		line, dots, err := plotter.NewLinePoints(points)
		if err != nil {
			return err
		}
		line.Color, dots.Color = plotutil.Color(drawn), plotutil.Color(drawn)
		dots.Shape = glyphs[drawn%len(glyphs)]
		p.Add(line, dots)
		p.Legend.Add(c.String(), line, dots)
		drawn++
	}
	if drawn == 0 {
		return nil
	}
	p.Y.Min, p.Y.Max = least/3, most*10 // so that what is flat looks flat
	return saveSVG(p, 560, 22*vg.Length(drawn)+280, file)
}
