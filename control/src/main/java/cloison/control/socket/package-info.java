/// How other processes of the same user reach a running lab: a Unix socket in a folder that is the user's alone.
///
/// A request is a line of JSON, and so is its answer; `docs/reference/inspect.md` has both.
package cloison.control.socket;
