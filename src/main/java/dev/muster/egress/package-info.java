/// Decides where a call may go: what a URL may say before any I/O, and which address may then be connected to.
@NullMarked
package dev.muster.egress;

import org.jspecify.annotations.NullMarked;
