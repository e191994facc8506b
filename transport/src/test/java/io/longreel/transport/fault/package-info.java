/** Tests of the faults themselves. */
@NullMarked
package io.longreel.transport.fault;

import org.jspecify.annotations.NullMarked;
