/// Ethernet frames: pooled buffers that are counted and come back, and addresses.
package cloison.net.frame;
