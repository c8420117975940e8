/// Memory of the host that a guest's RAM is made of.
package cloison.linux.memory;
