package io.longreel.runtime.lifeline;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;

/** Something on the way between two ends, which can cut what passes through it. */
final class Relay implements AutoCloseable {
    /** One element per answer of the server that reached its client. */
    final BlockingQueue<String> answered = new LinkedBlockingQueue<>();

    private final ServerSocket entrance = new ServerSocket(0, 8, InetAddress.getLoopbackAddress());
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();
    private final int exit;
    private final Thread acceptor;

    Relay(int exit) throws IOException {
        this.exit = exit;
        acceptor = Thread.ofPlatform().daemon().name("relay").start(this::acceptAll);
    }

    int port() {
        return entrance.getLocalPort();
    }

    /** Ends all connections; new ones are taken. */
    void cut() throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
    }

    /** As a process that is killed: nobody listens any more, and all connections end. */
    void die() throws IOException, InterruptedException {
        entrance.close();
        acceptor.join(); // until it has left its accept, the kernel takes connections for it
        cut();
    }

    private void acceptAll() {
        try {
            while (true) {
                Socket client = entrance.accept();
                Socket server = new Socket(InetAddress.getLoopbackAddress(), exit);
                sockets.addAll(List.of(client, server));
                Thread.ofPlatform().daemon().name("relay-in").start(() -> pump(client, server, false));
                Thread.ofPlatform().daemon().name("relay-out").start(() -> pump(server, client, true));
            }
        } catch (IOException e) {
            // closed
        }
    }

    private void pump(Socket from, Socket to, boolean isAnswer) {
        try (from;
                to) {
            byte[] bytes = new byte[512];
            for (int count = from.getInputStream().read(bytes);
                    count >= 0;
                    count = from.getInputStream().read(bytes)) {
                to.getOutputStream().write(bytes, 0, count);
                if (isAnswer) {
                    answered.add("answer");
                }
            }
        } catch (IOException e) {
            // cut
        }
    }

    @Override
    public void close() throws IOException {
        entrance.close();
        cut();
    }
}
