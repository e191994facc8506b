/** Tests of the transport: one contract over every kind of link. */
@NullMarked
package io.longreel.transport;

import org.jspecify.annotations.NullMarked;
