/// What passes between a guest and its hypervisor, decoded, for people who look on.
package cloison.hyperv.trace;
