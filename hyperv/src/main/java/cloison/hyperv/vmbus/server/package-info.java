/// The host's side of VMBus: offers devices to a guest, shares its pages, opens and closes its channels.
///
/// ```text
///            INITIATE_CONTACT          REQUEST_OFFERS
///  Unknown ───────────────► Connected ──────────────► Offering
///     ▲                         │                        │
///     └──── UNLOAD, a new INITIATE_CONTACT, reset ───────┘
///
///  a channel:   OFFER ► offered ◄──── CLOSE ────► open ◄─ OPEN
///                          └──── RESCIND ──┴─► withdrawn ─ RELID_RELEASED ► gone
/// ```
///
/// Everything here belongs to one agent, the bus, except what says otherwise. A guest's messages wait in a
/// bounded queue; while the guest does not take the answers, the queue is not read, and the guest's hypercalls
/// say that there are no buffers.
///
/// Sources: Linux `drivers/hv/{connection,channel,channel_mgmt}.c` (what guests do), OpenVMM
/// `vm/devices/vmbus/vmbus_server` (what a host does). `docs/reference/vmbus.md` has phases, limits and counters.
package cloison.hyperv.vmbus.server;
