/// Memory whose content can be executed, and the call into it.
package cloison.linux.code;
