/// The body of a heartbeat.
package cloison.vsp.heartbeat.protocol;
