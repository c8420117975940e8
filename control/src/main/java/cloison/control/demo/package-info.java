/// The demonstration: two stock guests on one switch, what they report, and whether everyone counted the same.
package cloison.control.demo;
