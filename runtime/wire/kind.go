package wire

import (
	"strconv"
	"strings"
)

var kindNames = [...]string{
	KindCall:   "call",
	KindReply:  "reply",
	KindError:  "error",
	KindNotify: "notify",
	KindCancel: "cancel",
	KindItem:   "item",
	KindEnd:    "end",
	KindCredit: "credit",

	KindSubscribe:   "subscribe",
	KindUnsubscribe: "unsubscribe",
	KindEvent:       "event",
	KindMissed:      "missed",

	KindPing:   "ping",
	KindPong:   "pong",
	KindGoAway: "goaway",
	KindClose:  "close",

	KindChallenge: "challenge",
	KindIdentify:  "identify",
	KindWelcome:   "welcome",
	KindMetadata:  "metadata",
}

// Known reports whether k is a kind of version 1.
func (k Kind) Known() bool { return int(k) < len(kindNames) && kindNames[k] != "" }

// Ignorable reports whether a receiver that does not know k may drop the packet
// in silence: k is odd and above 63.
func (k Kind) Ignorable() bool { return k > 63 && k%2 == 1 }

// String is the name of k in JSON: a lower-case word; for a kind that is not
// known x- and its number if it may be ignored, else kind- and its number.
func (k Kind) String() string {
	switch {
	case k.Known():
		return kindNames[k]
	case k.Ignorable():
		return "x-" + strconv.Itoa(int(k))
	default:
		return "kind-" + strconv.Itoa(int(k))
	}
}

// kindAny is the kind of a JSON packet whose kind is ignorable, but no number.
const kindAny Kind = 255

// parseKind is the inverse of String. It returns 0 for a name it does not know,
// [kindAny] for one that may be ignored.
func parseKind(name string) Kind {
	if k, ok := kindsByName[name]; ok {
		return k
	}
	number, ignorable := strings.CutPrefix(name, "x-")
	if !ignorable {
		return 0
	}
	if n, err := strconv.ParseUint(number, 10, 8); err == nil && Kind(n).Ignorable() {
		return Kind(n)
	}
	return kindAny
}

var kindsByName = func() map[string]Kind {
	m := make(map[string]Kind)
	for k, name := range kindNames {
		if name != "" {
			m[name] = Kind(k)
		}
	}
	return m
}()
