//go:build !linux

package transport

// tryWriteBoth writes what fits of head and then of body. done is false if that
// is nothing.
func tryWriteBoth(fd uintptr, head, body []byte) (n int, done bool, err error) {
	n, done, err = tryWrite(fd, head)
	if err != nil || n < len(head) {
		return n, done, err
	}
	m, _, err := tryWrite(fd, body)
	return n + m, true, err
}
