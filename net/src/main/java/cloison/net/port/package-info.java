/// What connects an adapter to a switch: the port as the adapter sees it, the sink as the port sees it, and the
/// bounded queue between a sender's thread and a receiver's.
package cloison.net.port;
