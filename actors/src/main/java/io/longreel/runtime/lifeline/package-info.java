/**
 * How a process's death is seen at once, on another machine too: each worker holds one idle TCP connection to the process that hosts the
 * supervisor. When either process dies, by whatever signal, its kernel closes the connection, within milliseconds, and refuses a new
 * one. A host that vanishes, and a process that only stands still, close nothing: those are for beats and membership to find.
 *
 * <p>Blocking sockets on threads of their own; listeners are called from these threads.
 */
@NullMarked
package io.longreel.runtime.lifeline;

import org.jspecify.annotations.NullMarked;
