package io.longreel.runtime.lifeline;

import io.longreel.runtime.security.TlsIdentity;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The end of all lifelines that is held by a process which hosts the supervisor, or may come to. Binds one address, the one of its
 * cluster membership, on a free port. Admits nobody until it is told the run's token.
 */
public final class LifelineServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LifelineServer.class);
    /** A worker whose connection was cut by something on the way ties a new one within this time. */
    private static final long TIE_AGAIN_MS = 300;

    private record Admission(long runToken, Consumer<Hello> ended) {}

    private final ServerSocket server;
    private final Map<String, Socket> held = new ConcurrentHashMap<>();
    private final Executor later;
    private volatile @Nullable Admission admission;
    private volatile boolean isClosed;

    private LifelineServer(ServerSocket server, Executor later) {
        this.server = server;
        this.later = later;
    }

    /** Listens on a free port of {@code host} from now on. */
    public static LifelineServer bind(String host, Optional<TlsIdentity> tls) throws IOException {
        return bind(host, tls, CompletableFuture.delayedExecutor(TIE_AGAIN_MS, TimeUnit.MILLISECONDS));
    }

    /**
     * @param later runs what it is given after the time in which a lifeline may be tied again
     */
    static LifelineServer bind(String host, Optional<TlsIdentity> tls, Executor later) throws IOException {
        LifelineServer lifelines = new LifelineServer(LifelineSockets.listen(tls, InetAddress.getByName(host)), later);
        Thread.ofPlatform().daemon().name("longreel-lifelines").start(lifelines::acceptAll);
        return lifelines;
    }

    public int port() {
        return server.getLocalPort();
    }

    /**
     * Admits processes of a run from now on.
     *
     * @param ended told who has ended, once each, from a thread of this class
     */
    public void admit(long runToken, Consumer<Hello> ended) {
        admission = new Admission(runToken, ended);
    }

    private void acceptAll() {
        while (!isClosed) {
            try {
                Socket socket = server.accept();
                Thread.ofVirtual().name("longreel-lifeline").start(() -> serve(socket));
            } catch (IOException e) {
                if (!isClosed) {
                    LOG.warn("lifeline.accept-failed cause=\"{}\"", e.toString());
                }
            }
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            socket.setSoTimeout(LifelineSockets.PATIENCE_MS);
            socket.setKeepAlive(true);
            Optional<Hello> hello = Hello.parse(LifelineSockets.hear(socket));
            Admission current = admission;
            if (current == null) {
                return; // it tries again
            }
            if (hello.isEmpty() || !hello.get().hasToken(current.runToken())) {
                LOG.warn("lifeline.refused peer={}: it is no process of this run", socket.getRemoteSocketAddress());
                return;
            }
            hold(hello.get(), socket, current);
        } catch (IOException e) {
            if (!isClosed) {
                LOG.info("lifeline.not-tied peer={} cause=\"{}\"", socket.getRemoteSocketAddress(), e.toString());
            }
        }
    }

    private void hold(Hello hello, Socket socket, Admission current) throws IOException {
        held.put(hello.processId(), socket); // before the answer: whoever has it, is held
        try {
            LifelineSockets.say(socket, Hello.ANSWER);
            LOG.info("lifeline.tied processId={}", hello.processId());
            LifelineSockets.awaitEnd(socket);
        } finally {
            if (!isClosed) {
                later.execute(() -> judge(hello, socket, current));
            }
        }
    }

    private void judge(Hello hello, Socket socket, Admission current) {
        if (held.remove(hello.processId(), socket) && !isClosed) {
            LOG.info("lifeline.cut processId={}", hello.processId());
            current.ended().accept(hello);
        }
    }

    @Override
    public void close() {
        isClosed = true;
        try {
            server.close();
            for (Socket socket : held.values()) {
                socket.close();
            }
        } catch (IOException e) {
            LOG.info("lifeline.close-incomplete cause=\"{}\"", e.toString()); // the process ends anyway
        }
    }
}
