package load

import (
	"os"
	"sync"
)

// texts reads each file once, so that all of a run sees the same of it, though
// somebody may be editing meanwhile.
type texts struct {
	mu     sync.Mutex
	byPath map[string][]byte
}

func newTexts() *texts { return &texts{byPath: make(map[string][]byte)} }

// read returns the text of the file, which must not be changed.
func (t *texts) read(path string) ([]byte, error) {
	if text := t.get(path); text != nil {
		return text, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if first, ok := t.byPath[path]; ok {
		return first, nil
	}
	t.byPath[path] = text
	return text, nil
}

// get returns the text of a file that was read, else nil.
func (t *texts) get(path string) []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.byPath[path]
}
