/** Tests of what single links are made of. */
@NullMarked
package io.longreel.transport.link;

import org.jspecify.annotations.NullMarked;
