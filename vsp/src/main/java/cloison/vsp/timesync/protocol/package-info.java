/// The body of a time message.
package cloison.vsp.timesync.protocol;
