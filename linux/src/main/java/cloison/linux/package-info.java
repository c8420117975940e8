/// What every family of host calls shares: what went wrong, for people.
package cloison.linux;
