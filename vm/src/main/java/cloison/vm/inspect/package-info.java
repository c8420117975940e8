/// What the host knows of a lab, as a tree of names: `docs/reference/inspect.md` draws it.
package cloison.vm.inspect;
