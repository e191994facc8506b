package io.longreel.runtime.lifeline;

import io.longreel.runtime.security.TlsIdentity;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A worker's end of its lifeline, on a thread of its own. A cut connection alone proves nothing, as something on the way may have cut
 * it. When the host, reached before, then refuses a new one, nobody listens there any more: the process is dead.
 */
public final class LifelineHolder implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LifelineHolder.class);
    private static final long RETRY_MS = 100;

    private enum Outcome {
        /** It was held, and is no more. */
        CUT,
        NOT_TIED,
        DEAD
    }

    private final InetSocketAddress address;
    private final Optional<TlsIdentity> tls;
    private final Hello hello;
    private final Runnable dead;
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile @Nullable Socket socket;
    private boolean wasReached;

    private LifelineHolder(InetSocketAddress address, Optional<TlsIdentity> tls, Hello hello, Runnable dead) {
        this.address = address;
        this.tls = tls;
        this.hello = hello;
        this.dead = dead;
    }

    /**
     * Ties a lifeline, and ties it again when something cuts it.
     *
     * @param dead run once when the process at the other end is proven dead, from the holder's thread
     */
    public static LifelineHolder tie(InetSocketAddress address, Optional<TlsIdentity> tls, Hello hello, Runnable dead) {
        LifelineHolder holder = new LifelineHolder(address, tls, hello, dead);
        Thread.ofPlatform().daemon().name("longreel-lifeline").start(holder::loop);
        return holder;
    }

    private void loop() {
        try {
            while (closed.getCount() > 0) {
                switch (holdOnce()) {
                    case CUT -> {} // tied again at once: the other end waits for that
                    case NOT_TIED -> {
                        boolean unused = closed.await(RETRY_MS, TimeUnit.MILLISECONDS);
                    }
                    case DEAD -> {
                        dead.run();
                        return;
                    }
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Outcome holdOnce() {
        try (Socket reached = LifelineSockets.connect(address)) {
            wasReached = true; // even a lifeline that was cut before the answer came shows that somebody listened
            return hold(LifelineSockets.secured(reached, tls, address));
        } catch (ConnectException e) { // refused: a time-out is another exception
            if (wasReached && closed.getCount() > 0) {
                LOG.warn("lifeline.dead address={}: nobody listens there any more", address);
                return Outcome.DEAD;
            }
        } catch (IOException e) {
            LOG.debug("lifeline.not-tied address={} cause=\"{}\"", address, e.toString()); // tried again
        }
        return Outcome.NOT_TIED;
    }

    private Outcome hold(Socket secured) throws IOException {
        try (Socket tied = secured) {
            socket = tied;
            if (closed.getCount() == 0) {
                return Outcome.NOT_TIED;
            }
            LifelineSockets.say(tied, hello.line());
            if (LifelineSockets.hear(tied).equals(Hello.ANSWER)) {
                LifelineSockets.awaitEnd(tied);
                LOG.info("lifeline.cut address={}", address);
                return Outcome.CUT;
            }
        }
        return Outcome.NOT_TIED;
    }

    /** Lets go; the other end takes this for the process's death. */
    @Override
    public void close() {
        closed.countDown();
        Socket tied = socket;
        if (tied != null) {
            try {
                tied.close();
            } catch (IOException e) {
                LOG.info("lifeline.close-incomplete cause=\"{}\"", e.toString()); // it is of no use any more
            }
        }
    }
}
