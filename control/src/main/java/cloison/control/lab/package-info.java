/// Labs: files that declare switches and partitions, and how they are read.
package cloison.control.lab;
