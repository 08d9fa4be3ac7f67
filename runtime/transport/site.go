package transport

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// checkSite refuses a request that a page of a foreign site made a browser
// send. Two headers give it away. Origin is the page's site; the Host must be
// checked too, because whoever owns a name can make it point to us, and then
// his page and its Host agree.
func checkSite(r *http.Request, o *Options) error {
	if !hostAllowed(r, o) {
		return fmt.Errorf("transport: host %q is not served here", r.Host)
	}
	origins := r.Header.Values("Origin")
	if len(origins) == 0 {
		return nil // no browser
	}
	if len(origins) > 1 || !originAllowed(origins[0], r, o) {
		return fmt.Errorf("transport: pages of origin %q may not connect here", strings.Join(origins, ", "))
	}
	return nil
}

func hostAllowed(r *http.Request, o *Options) bool {
	if len(o.Hosts) > 0 {
		return contains(o.Hosts, r.Host)
	}
	return !arrivedByLoopback(r) || isLoopbackName(r.Host)
}

// originAllowed takes the origins of the allowed hosts if none are listed.
// Where any host is allowed only the request's own is taken.
func originAllowed(origin string, r *http.Request, o *Options) bool {
	if origin == "null" {
		return false // any page can have that one
	}
	if len(o.Origins) > 0 {
		return contains(o.Origins, origin)
	}
	u, err := url.Parse(origin)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Scheme+"://"+u.Host != origin {
		return false
	}
	if len(o.Hosts) > 0 {
		return contains(o.Hosts, u.Host)
	}
	if arrivedByLoopback(r) {
		return isLoopbackName(u.Host)
	}
	return strings.EqualFold(u.Host, r.Host)
}

// contains compares as hosts are compared: without regard to case.
func contains(allowed []string, value string) bool {
	return slices.ContainsFunc(allowed, func(s string) bool { return strings.EqualFold(s, value) })
}

// arrivedByLoopback reports whether the server's end of the connection has a
// loopback address.
func arrivedByLoopback(r *http.Request) bool {
	addr, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	return ok && addr.IP.IsLoopback()
}

// isLoopbackName takes localhost and loopback addresses, with any port.
func isLoopbackName(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = strings.TrimSuffix(strings.TrimPrefix(hostport, "["), "]")
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback() && addr.Zone() == ""
}
