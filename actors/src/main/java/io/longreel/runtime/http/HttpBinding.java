package io.longreel.runtime.http;

import com.sun.net.httpserver.HttpServer;
import io.longreel.config.RuntimeFailure;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;

/** How the JDK's HTTP server gets its address, for whoever serves something. Stateless. */
public final class HttpBinding {
    static {
        // Each event is a small packet of its own; without this, Nagle's algorithm holds it back for 40 ms.
        if (System.getProperty("sun.net.httpserver.nodelay") == null) {
            System.setProperty("sun.net.httpserver.nodelay", "true");
        }
    }

    private HttpBinding() {}

    /**
     * A server that has its address and does not listen yet. Throws a failure of category CONFIG when the address cannot be bound.
     *
     * @param port 0: a free one
     * @param keys of the configuration that the address comes from, and what else there is to do, for the message
     */
    public static HttpServer bind(String host, int port, String keys) {
        try {
            return HttpServer.create(address(host, port), 0);
        } catch (IOException e) {
            throw cannotListen(host, port, keys, e);
        }
    }

    /** Throws what {@link #bind} would throw now. */
    public static void check(String host, int port, String keys) {
        // Not an HttpServer: one that was never started keeps its port when it is stopped.
        try (ServerSocket probe = new ServerSocket()) {
            probe.bind(address(host, port));
        } catch (IOException e) {
            throw cannotListen(host, port, keys, e);
        }
    }

    private static InetSocketAddress address(String host, int port) throws IOException {
        InetSocketAddress address = new InetSocketAddress(host, port);
        if (address.isUnresolved()) {
            throw new IOException("unknown host");
        }
        return address;
    }

    private static RuntimeFailure cannotListen(String host, int port, String keys, IOException e) {
        return new RuntimeFailure(
                RuntimeFailure.Category.CONFIG,
                "cannot listen on %s:%d: %s (%s)".formatted(host, port, e.getMessage(), keys),
                e);
    }

    /**
     * Where clients find a server.
     *
     * @param path from the slash on
     */
    public static URI base(String host, HttpServer server, String path) {
        String written = host.contains(":") ? "[" + host + "]" : host;
        return URI.create(
                "http://%s:%d%s".formatted(written, server.getAddress().getPort(), path));
    }
}
