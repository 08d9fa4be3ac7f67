package main

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strings"
)

// profiles says where the children leave their profiles; "" for nowhere.
type profiles struct{ cpu, memory string }

// The environment by which children are told, and which of the two they are.
const (
	cpuProfileEnv    = "BENCH_CPUPROFILE"
	memoryProfileEnv = "BENCH_MEMPROFILE"
	sideEnv          = "BENCH_SIDE"
)

func (p profiles) environment(side string) []string {
	return []string{cpuProfileEnv + "=" + p.cpu, memoryProfileEnv + "=" + p.memory, sideEnv + "=" + side}
}

// profileFromEnv starts what the environment asks for. stop writes it down.
func profileFromEnv(contender string) (stop func() error, err error) {
	cpu, memory := os.Getenv(cpuProfileEnv), os.Getenv(memoryProfileEnv)
	name := strings.ReplaceAll(contender, "/", "-") + "-" + os.Getenv(sideEnv)
	stopCPU, stopMemory := func() error { return nil }, func() error { return nil }
	if cpu != "" {
		stopCPU, err = profileCPU(filepath.Join(cpu, name+".cpu.prof"))
	}
	if memory != "" {
		runtime.MemProfileRate = 4096
		stopMemory = func() error { return profileMemory(filepath.Join(memory, name+".mem.prof")) }
	}
	return func() error { return errors.Join(stopCPU(), stopMemory()) }, err
}

func profileCPU(name string) (stop func() error, err error) {
	f, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	stop = func() error {
		pprof.StopCPUProfile()
		return f.Close()
	}
	return stop, pprof.StartCPUProfile(f)
}

func profileMemory(name string) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(pprof.Lookup("allocs").WriteTo(f, 0), f.Close())
}
