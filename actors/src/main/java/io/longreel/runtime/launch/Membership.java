package io.longreel.runtime.launch;

import io.longreel.runtime.security.TlsIdentity;
import java.util.Optional;
import java.util.Set;

/**
 * How a process takes part in its job's cluster.
 *
 * @param host address that this process binds, the only one, and by which others know it
 * @param port 0 lets the system pick one
 * @param supervisorMoves whether other members than the seed may come to host the supervisor; equal for all members of a job
 * @param tls what it shows the others; empty: nothing is encrypted or authenticated
 */
record Membership(Set<String> roles, String host, int port, boolean supervisorMoves, Optional<TlsIdentity> tls) {
    Membership {
        roles = Set.copyOf(roles);
    }
}
