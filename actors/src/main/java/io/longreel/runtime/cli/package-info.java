/**
 * The command line. Each command is a picocli class of its own, listed once in {@link Commands}; {@link Main} runs it
 * and turns its end into an exit code and, for what went wrong, a line per fault on stderr. Everything here runs on the
 * main thread.
 */
@NullMarked
package io.longreel.runtime.cli;

import org.jspecify.annotations.NullMarked;
