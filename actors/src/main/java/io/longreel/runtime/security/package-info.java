/**
 * Who may take part in a job: TLS with certificates on both sides for the control plane, and the token by which the processes of one run
 * know each other. Secrets are read from files or the environment, never from a configuration, and are never logged. Stateless; any
 * thread.
 */
@NullMarked
package io.longreel.runtime.security;

import org.jspecify.annotations.NullMarked;
