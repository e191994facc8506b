/** The command {@code chaos}: which scenarios there are, and playing them. Found by the runtime's command line through its service loader. */
@NullMarked
package io.longreel.chaos.cli;

import org.jspecify.annotations.NullMarked;
