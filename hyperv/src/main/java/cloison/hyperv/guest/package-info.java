/// What a partition's guest is offered of the hypervisor, and what it tells.
package cloison.hyperv.guest;
