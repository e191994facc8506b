/** What a test may do to a link: hold, drop, corrupt or cut it at a chosen frame, with proof that it happened. Production passes {@link io.longreel.transport.fault.LinkFault#NONE}. */
@NullMarked
package io.longreel.transport.fault;

import org.jspecify.annotations.NullMarked;
