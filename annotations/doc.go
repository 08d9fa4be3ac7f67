// Package annotations reads the //ipc: language: the directive comments that
// turn Go interfaces into services and events.
//
//	// Greeter greets people.
//	//
//	//ipc:service
//	type Greeter interface {
//		// Hello greets name.
//		//
//		//ipc:route timeout=2s idempotent
//		//ipc:allow name != ""
//		//ipc:limit 100/1s
//		Hello(ctx context.Context, name string) (string, error)
//	}
//
// [Parse] takes the syntax trees of a package and returns what its directives
// say, as values with positions. It knows syntax only: whether an interface can
// be a service, a condition compiles or a topic names real parameters is for
// the generator to check.
//
// # The language
//
// Directives are Go's own (https://go.dev/doc/comment#directives): gofmt leaves
// them alone, documentation hides them. They stand in the doc comment, each on
// a line of its own, in any order.
//
//	directive                            stands on               says
//	//ipc:service [name=N | bare]        an interface            its methods are routes, called N.Method; N is by default
//	                                                             the interface's name; those of a bare one are called
//	                                                             Method, as peers of other protocols may want
//	//ipc:events topic=T                 an interface            its methods are events, published to topic T
//	//ipc:route [SETTING...]             a method                settings of one route; without it all have their defaults
//	//ipc:notify                         a method                nobody waits for it: there is no reply
//	//ipc:allow CONDITION                a service or a method   who may call; of several, all must hold
//	//ipc:limit N/PERIOD [disconnect]    a service or a method   N calls in each PERIOD for one identity; who exceeds it is
//	                                                             refused, and with disconnect the connection closed
//	//ipc:error CODE                     a variable or a type    this error crosses the connection, as package.CODE
//	//ipc:metadata                       a struct type           its fields are what peers tell about themselves
//
// The settings of a route are
//
//	name=NAME         the route is called N.NAME, or NAME; by default NAME is the method's name
//	timeout=DURATION  how long a caller waits that sets no deadline
//	idempotent        it may run twice: the runtime retries it
//	public            callers without credentials may call it
//	borrow            byte slices that arrive are not copied: see below
//	alias=NAME,...    full names the route answers to as well; may be given several times
//	deprecated=TEXT   what to use instead
//
// and the values are
//
//	DURATION   positive, with units ns, us, ms, s, m, h: 500ms, 1m30s
//	N/PERIOD   a whole number from 1 on and a DURATION: 100/1s, 5/1m (not 5/m)
//	NAME       1 to 128 of A-Z a-z 0-9 _ . : / -
//	CODE       a NAME without a dot, which is what joins the parts of full names;
//	           so are the names of services and routes, but not aliases
//	T          words joined by dots, each a NAME without a dot or a {parameter}
//	           of the methods: room.{room}
//	CONDITION  a Go expression over peer and the parameters, to the end of the line
//
// A condition is a bool, over
//
//	peer              who calls, a *ipc.Peer; so no parameter may be called that
//	the parameters    of the method, as they were decoded; not the context, nor a stream
//	anything else     that the package declares, or that one of its files imports
//
// It becomes part of the generated file, and is checked before that, as Go
// does. On a service it knows peer only. A call for which it does not hold, or
// panics, is denied and does not run; a stream does not open, a notification is
// dropped:
//
//	//ipc:allow isAdmin(peer) || user.Get(peer).Name == owner
//	//ipc:allow len(name) < 100
//
// A limit is a bucket of N tokens that is full again after PERIOD, one for each
// identity, whichever connection it comes through. All methods of a service
// share the bucket of the service; one of their own they have beside it. What a
// service says holds for its methods where another service embeds it, too.
//
// With borrow, the byte slices among the arguments and in the items of sequences
// may lie in the memory in which they arrived: they are good until the handler
// returns, or until the next item or the end of the loop, and what is kept must
// be copied. It saves the largest part of the work that payloads of many kilobytes make. Results of
// calls and strings are never borrowed, nor is what comes as JSON.
//
// Events take a context and parameters and return an error, which says whether
// they were published. A topic names parameters that all of them have, strings
// or integers: room.{room}. Whose values cannot be a word, being empty or with a
// dot, * or > in them, is not published. What is generated publishes, to a
// server, a group or, where it may, through a client, and subscribes to patterns,
// where * is any one word and > at the end one or more: to the interface or to one
// event, with a handler or as a sequence.
//
// Metadata is the exported fields of a struct: strings, integers, floats, bools,
// query.Version, slices of these; and pointers to any but slices, which are left out
// when nil. They are called as their tags say, cbor or else json, or as in Go.
//
// Arguments are separated by spaces. Quotes go around a whole one that holds
// spaces: "deprecated=use Greet instead".
//
// One directive speaks of one declaration. In a group such as
//
//	var (
//		//ipc:error empty
//		ErrEmpty = errors.New("empty name")
//
//		//ipc:error taken
//		ErrTaken = errors.New("name is taken")
//	)
//
// it stands on the line above its own, never on the group; an //ipc:error
// cannot stand on several variables (var ErrA, ErrB = ...), which would share
// one code.
//
// A service is not at the same time events. The methods of events take no
// directives, as events are neither called nor guarded. A method with
// //ipc:notify has neither timeout nor idempotent, which are about the reply.
// An interface with neither //ipc:service nor //ipc:events may carry directives
// on its methods: they count where it is embedded, in the same package. What is
// said in another package does not come along with the interface: list the
// methods instead, and say it again. The doc comments of embedded methods are
// copied to what is generated if their interface stands in the same module,
// in this package or another; those of other modules are not.
//
// # Mistakes
//
// Every mistake is found in one go and has a position, a stable code and a
// message that says what to write instead ([Problem]).
//
//	unknown-directive     no such word: //ipc:nofity
//	not-a-directive       a comment that nearly is one: // ipc:notify
//	misplaced-directive   on something that cannot have it, or on nothing
//	repeated-directive    twice on one declaration (but //ipc:allow may be)
//	contradiction         it may not stand beside another directive
//	unknown-argument      no such argument: timout=2s
//	repeated-argument     twice in one directive
//	malformed-argument    a value is missing, or out of place; quotes do not match
//	missing-argument      nothing behind //ipc:allow, events, limit or error
//	malformed-name        a NAME or CODE with other bytes, or of another length
//	malformed-duration    timeout=2
//	malformed-limit       //ipc:limit 100/s
//	malformed-topic       topic=room.*
//	malformed-expression  //ipc:allow name = ""
//
// What Go takes for a mere comment would silently leave a door open, so near
// misses are mistakes as well: a blank behind the slashes or the colon, capital
// letters, @ipc, /* */, icp. A comment is claimed when it begins like that, its
// next word is or nearly is a directive, and it does not go on as prose, with two
// plain words in a row that are no arguments:
//
//	// ipc:route timeout=2s                  claimed
//	// ipc: notify                           claimed
//	// ipc: the package of the runtime       prose
//	// ipc:route and its arguments           prose
//
// Mentions inside a line, lines indented by a tab (examples in a doc comment,
// such as these) and directives that have been commented out are never claimed.
package annotations
