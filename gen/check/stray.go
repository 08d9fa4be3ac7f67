package check

// A packageRule holds a whole package against one rule.
type packageRule func(*checker)

var packageRules = []packageRule{
	(*checker).noStrayMethods,
}

// noStrayMethods refuses directives on methods that are no routes: neither
// their interface is a service, nor one that embeds it here.
func (c *checker) noStrayMethods() {
	routes := c.embeddedInServices()
	for _, i := range c.Said.Interfaces {
		if i.Service != nil || i.Events != nil || routes[i.Spec.Name.Name] {
			continue
		}
		for _, m := range i.Methods {
			c.report(m.Field.Pos(), noService, "%s is no route: %s is neither a service nor embedded in one of this package: add //ipc:service to it",
				m.Field.Names[0].Name, i.Spec.Name.Name)
		}
	}
}

// embeddedInServices returns the names of the interfaces whose methods are
// routes, since a service of this package embeds them.
func (c *checker) embeddedInServices() map[string]bool {
	names := make(map[string]bool)
	for _, i := range c.Said.Interfaces {
		if i.Service == nil {
			continue
		}
		l := newLister(&checker{Source: c.Source, specs: c.specs})
		l.declared(i.Spec, c.underlying(i.Spec), i.Spec.Name.Pos())
		for spec := range l.specs {
			names[spec.Name.Name] = true
		}
	}
	return names
}
