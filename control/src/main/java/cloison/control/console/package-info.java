/// What the operator sees and types: progress, the serial console of a guest, the terminal's modes.
package cloison.control.console;
