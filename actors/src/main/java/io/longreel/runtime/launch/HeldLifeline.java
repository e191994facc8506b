package io.longreel.runtime.launch;

import io.longreel.runtime.lifeline.Hello;
import io.longreel.runtime.lifeline.LifelineHolder;
import io.longreel.runtime.security.TlsIdentity;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.apache.pekko.actor.Address;
import org.apache.pekko.cluster.Member;
import org.jspecify.annotations.Nullable;

/**
 * The lifeline that a worker holds. It follows the supervisor from host to host, and is tied as soon as both the host and the run's
 * token are known. Any thread.
 */
final class HeldLifeline implements AutoCloseable {
    /** What this process is called in a hello. */
    record Holder(String processId, String address, Optional<TlsIdentity> tls) {}

    /**
     * Role of a member to which lifelines are tied. Its port is part of it, as membership is what every process knows about every other.
     */
    private static final String ROLE = "lifeline-";

    private final Holder self;
    private final Consumer<Address> dead;
    private OptionalLong runToken = OptionalLong.empty();
    private Optional<Member> host = Optional.empty();
    private @Nullable LifelineHolder lifeline;

    /**
     * @param dead told the address of a host that is proven dead
     */
    HeldLifeline(Holder self, Consumer<Address> dead) {
        this.self = self;
        this.dead = dead;
    }

    static String role(int port) {
        return ROLE + port;
    }

    /** The supervisor is hosted by this member from now on; empty: by nobody. */
    synchronized void follow(Optional<Member> newHost) {
        host = newHost;
        tieAgain();
    }

    /** The process belongs to a run. */
    synchronized void welcomed(long token) {
        OptionalLong known = runToken;
        runToken = OptionalLong.of(token);
        if (!runToken.equals(known)) {
            tieAgain();
        }
    }

    private void tieAgain() {
        close();
        if (host.isEmpty() || runToken.isEmpty()) {
            return;
        }
        Address address = host.get().address();
        Optional<Integer> port = portOf(host.get());
        boolean isSelf = address.toString().equals(self.address());
        if (port.isPresent() && !isSelf) {
            lifeline = LifelineHolder.tie(
                    new InetSocketAddress(address.getHost().orElseThrow(), port.get()),
                    self.tls(),
                    new Hello(runToken.getAsLong(), self.processId(), self.address()),
                    () -> dead.accept(address));
        }
    }

    private static Optional<Integer> portOf(Member member) {
        return member.getRoles().stream()
                .filter(role -> role.startsWith(ROLE))
                .map(role -> Integer.parseInt(role.substring(ROLE.length())))
                .findFirst();
    }

    @Override
    public synchronized void close() {
        if (lifeline != null) {
            lifeline.close();
            lifeline = null;
        }
    }
}
