/// What the command line needs of the room below: a host that makes a lab's switches and partitions and runs them.
package cloison.control.host;
