/// The body of a key-value pair exchange.
package cloison.vsp.kvp.protocol;
