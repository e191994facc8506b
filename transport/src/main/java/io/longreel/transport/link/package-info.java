/**
 * What lies between two ranks: one point-to-point link per peer, ordered and reliable, made of two one-way channels. All kinds behave the same:
 * messages of a pair arrive in the order in which they were posted, and wait on the sender's side until the receiver expects them. A link
 * belongs to the compute thread of its rank; nothing here waits.
 */
@NullMarked
package io.longreel.transport.link;

import org.jspecify.annotations.NullMarked;
