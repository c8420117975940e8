/// The command line: `cloison VERB`.
///
/// | status | meaning |
/// | --- | --- |
/// | 0 | the guest powered off; for `demo`: all checks held |
/// | 1 | a fault of ours; for `demo`: also a check that did not hold |
/// | 2 | wrong usage or unusable input; one line on standard error says what, which, and what to do |
/// | 3 | the guest crashed: a triple fault, a panic it reported, or a reset with `--no-reboot` |
/// | 124 | the time-out was reached |
/// | 130 | the operator ended it |
/// | 2v+1 | the guest wrote v to the port of `--debug-exit` |
///
/// A lab ends with the worst of its guests' statuses: 1, then 2, 3, 124, 130, any other, 0.
package cloison.control.cli;
