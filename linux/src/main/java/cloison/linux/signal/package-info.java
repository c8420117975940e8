/// Faults of the host processor in code of ours, caught instead of ending the process.
package cloison.linux.signal;
