/// The catalogue of VMBus devices: a record for each kind, and what they are made from.
package cloison.vsp;
