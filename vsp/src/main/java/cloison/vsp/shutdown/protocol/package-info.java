/// The body of a shutdown request.
package cloison.vsp.shutdown.protocol;
