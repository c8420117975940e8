/// What a partition is to be, before it exists: plain records, checked when they are made.
///
/// Every record refuses what cannot work with a [ConfigurationException], whose message is one line that says what is
/// wrong, which value it is and what to do. Nothing here opens a file or touches the host.
package cloison.vm.config;
