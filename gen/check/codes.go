package check

// The codes of the mistakes that break a rule, which are stable.
const (
	// Where directives stand.
	notYet           = "not-yet"           // in a package that nothing can be generated for
	buildConstrained = "build-constrained" // in a file that not every platform builds
	noService        = "no-service"        // on a method that is no route
	duplicateMethod  = "duplicate-method"  // on a method that was declared before

	// Interfaces.
	notAnInterface   = "not-an-interface"
	genericInterface = "generic-interface"
	typeSet          = "type-set"
	noMethods        = "no-methods"
	unexportedMethod = "unexported-method"
	typeError        = "type-error" // Go itself does not understand it

	// Signatures.
	noContext        = "no-context"
	contextNotFirst  = "context-not-first"
	twoContexts      = "two-contexts"
	noError          = "no-error"
	errorNotLast     = "error-not-last"
	unnamedParameter = "unnamed-parameter"
	unnamedResult    = "unnamed-result"
	badStream        = "bad-stream"
	badNotify        = "bad-notify"
	badCondition     = "bad-condition"     // of //ipc:allow
	badEvent         = "bad-event"         // an event with a reply or a stream, or a topic that does not fit it
	unfitSetting     = "unfit-setting"     // idempotent on a stream, anything on an event
	unsupportedType  = "unsupported-type"  // cannot cross, in CBOR or in JSON
	inaccessibleType = "inaccessible-type" // generated code cannot name it

	// Names.
	malformedName = "malformed-name"
	nameTaken     = "name-taken"
	routeTaken    = "route-taken"

	// Metadata.
	notAStruct    = "not-a-struct"
	genericStruct = "generic-struct"
	noFields      = "no-fields"
	tooManyFields = "too-many-fields"

	// Errors.
	notAnError    = "not-an-error"
	duplicateCode = "duplicate-code"
)
