/// What all integration services share: the channel that negotiates versions and then keeps one request outstanding.
///
/// ```text
///  opened --> Greeting -- offer of versions sent --> Negotiating -- choice --> Talking
///                                                         +-- none known --> Silent
/// ```
///
/// The host always speaks first. A guest whose helper program is not there yet (key-value pairs) simply leaves the
/// offer in the ring; negotiation has no time limit.
package cloison.vsp.ic;
