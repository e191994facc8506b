package io.longreel.runtime.lifeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Real sockets on the loopback device; waits end by what happens, not by time. */
class LifelineTest {
    private static final String LOOPBACK = "127.0.0.1";
    private static final long TOKEN = 0x1234_5678_9abc_def0L;
    private static final Hello WORKER = new Hello(TOKEN, "node-a/7", "pekko://longreel@127.0.0.1:4000");

    private final BlockingQueue<Runnable> later = new LinkedBlockingQueue<>();
    private final BlockingQueue<Hello> ended = new LinkedBlockingQueue<>();
    private final CompletableFuture<Void> dead = new CompletableFuture<>();

    private static <T> T next(BlockingQueue<T> queue) throws InterruptedException {
        T element = queue.poll(30, TimeUnit.SECONDS);
        assertTrue(element != null, "nothing happened for 30 s");
        return element;
    }

    private static InetSocketAddress at(int port) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    private final List<LifelineHolder> holders = new ArrayList<>();

    @AfterEach
    void letGo() {
        holders.forEach(LifelineHolder::close);
    }

    private void tie(int port) {
        holders.add(LifelineHolder.tie(at(port), Optional.empty(), WORKER, () -> dead.complete(null)));
    }

    private static void say(Socket socket, String line) throws IOException {
        socket.setSoTimeout(30_000);
        LifelineSockets.say(socket, line);
    }

    /** Closed without a word, or reset because more was said than read. */
    private static boolean isRefused(Socket socket) throws IOException {
        try {
            return socket.getInputStream().read() < 0;
        } catch (SocketException e) {
            return true;
        }
    }

    @Test
    void shouldTellWhoEndedWhenAWorkerGoes() throws Exception {
        try (LifelineServer server = LifelineServer.bind(LOOPBACK, Optional.empty(), later::add)) {
            server.admit(TOKEN, ended::add);
            Socket worker = new Socket(InetAddress.getLoopbackAddress(), server.port());
            say(worker, WORKER.line());
            assertEquals(Hello.ANSWER, LifelineSockets.hear(worker));
            worker.setSoLinger(true, 0); // closed by a reset, as when a kernel cleans up after a kill
            worker.close();
            next(later).run();
            assertEquals(WORKER, next(ended));
        }
    }

    @Test
    void shouldProveTheOtherEndDeadWhenItRefusesToBeTiedAgain() throws Exception {
        try (LifelineServer server = LifelineServer.bind(LOOPBACK, Optional.empty(), later::add);
                Relay relay = new Relay(server.port())) {
            server.admit(TOKEN, ended::add);
            tie(relay.port());
            next(relay.answered);
            assertFalse(dead.isDone());
            relay.die();
            dead.get(30, TimeUnit.SECONDS);
        }
    }

    @Test
    void shouldProveTheOtherEndDeadThatEndedBeforeItAnswered() throws Exception {
        Socket reached;
        try (ServerSocket host = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            tie(host.getLocalPort());
            reached = host.accept();
            assertFalse(dead.isDone());
        }
        reached.close();
        dead.get(30, TimeUnit.SECONDS);
    }

    @Test
    void shouldNotTakeForDeadWhoNeverListened() throws Exception {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        tie(port);
        try (ServerSocket late = new ServerSocket(port, 1, InetAddress.getLoopbackAddress());
                Socket reached = late.accept()) {
            assertTrue(reached.isConnected(), "it has tried until somebody listened");
            assertFalse(dead.isDone());
        }
    }

    @Test
    void shouldReportNobodyWhenSomethingOnTheWayCutsTheConnection() throws Exception {
        try (LifelineServer server = LifelineServer.bind(LOOPBACK, Optional.empty(), later::add);
                Relay relay = new Relay(server.port())) {
            server.admit(TOKEN, ended::add);
            tie(relay.port());
            next(relay.answered);
            relay.cut();
            Runnable judgement = next(later);
            next(relay.answered); // tied again
            judgement.run();
            assertEquals(List.of(), List.copyOf(ended));
            assertFalse(dead.isDone());
        }
    }

    @Test
    void shouldRefuseAProcessOfAnotherRun() throws Exception {
        try (LifelineServer server = LifelineServer.bind(LOOPBACK, Optional.empty(), later::add)) {
            server.admit(TOKEN, ended::add);
            for (String line : List.of(
                    new Hello(TOKEN + 1, "node-a/7", "x").line(), "GET / HTTP/1.1", WORKER.line() + " more", "")) {
                try (Socket stranger = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
                    say(stranger, line);
                    assertTrue(isRefused(stranger), line);
                }
            }
            assertTrue(later.isEmpty());
        }
    }

    @Test
    void shouldNotReadEndlessLines() throws Exception {
        try (LifelineServer server = LifelineServer.bind(LOOPBACK, Optional.empty(), later::add)) {
            server.admit(TOKEN, ended::add);
            try (Socket stranger = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
                say(stranger, "x".repeat(Hello.LENGTH_MAX));
                assertTrue(isRefused(stranger));
            }
        }
    }

    @Test
    void shouldBindTheGivenAddressOnly() throws Exception {
        try (LifelineServer server = LifelineServer.bind(LOOPBACK, Optional.empty(), later::add);
                ServerSocket another = new ServerSocket(server.port(), 1, InetAddress.getByName("127.0.0.2"))) {
            assertTrue(another.isBound(), "the port is free at another address");
        }
    }
}
