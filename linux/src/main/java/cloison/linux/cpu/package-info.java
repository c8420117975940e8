/// What the host's processor is and can do.
package cloison.linux.cpu;
