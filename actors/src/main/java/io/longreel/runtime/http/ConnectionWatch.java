package io.longreel.runtime.http;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;

/**
 * Knows whether the client of a request is still there, from the system's table of connections (Linux, {@code /proc/net/tcp}), as the JDK's server has no
 * other way to tell before something is written. A connection that the client has closed, or half-closed, is no longer "established". Where there
 * is no such table, or a connection was not in it at first, nobody counts as gone. Any thread; all share one look at the table.
 */
final class ConnectionWatch {
    private static final List<Path> TABLES = List.of(Path.of("/proc/self/net/tcp"), Path.of("/proc/self/net/tcp6"));
    private static final String ESTABLISHED = "01";
    private static final long FRESH_MS = 200;

    private final List<Path> tables;
    private final InstantSource clock;
    private Set<String> established = Set.of();
    private long lookedAtMs = Long.MIN_VALUE;

    ConnectionWatch(InstantSource clock) {
        this(TABLES, clock);
    }

    ConnectionWatch(List<Path> tables, InstantSource clock) {
        this.tables = tables;
        this.clock = clock;
    }

    /** A connection that is watched. */
    @FunctionalInterface
    interface Client {
        boolean isGone();
    }

    /** Begins to watch the connection of a request. */
    Client watch(HttpExchange exchange) {
        return watch(exchange.getLocalAddress(), exchange.getRemoteAddress());
    }

    Client watch(InetSocketAddress local, InetSocketAddress remote) {
        Set<String> names = names(local, remote);
        if (isEstablished(names)) {
            return () -> !isEstablished(names);
        }
        return () -> false;
    }

    private boolean isEstablished(Set<String> names) {
        Set<String> all = established(names);
        return names.stream().anyMatch(all::contains);
    }

    /** The table, as it was a moment ago or is now; as it is now when it has none of {@code names}. */
    private synchronized Set<String> established(Set<String> names) {
        long nowMs = clock.millis();
        boolean isFresh = lookedAtMs != Long.MIN_VALUE && Math.abs(nowMs - lookedAtMs) < FRESH_MS;
        if (!isFresh || names.stream().noneMatch(established::contains)) {
            established = read();
            lookedAtMs = nowMs;
        }
        return established;
    }

    private Set<String> read() {
        Set<String> found = new HashSet<>();
        for (Path table : tables) {
            try {
                // "  sl  local_address rem_address   st ..."
                for (String line : Files.readAllLines(table)) {
                    String[] words = line.strip().split("\\s+", 5);
                    if (words.length == 5 && words[3].equals(ESTABLISHED)) {
                        found.add(words[1].substring(words[1].indexOf(':')) + " " + words[2]);
                    }
                }
            } catch (IOException e) {
                // A system without this table: nothing is known of its connections.
            }
        }
        return found;
    }

    /** Port here, then address and port there, as the tables write them; IPv4 addresses stand in the table of IPv6, too. */
    private static Set<String> names(InetSocketAddress local, InetSocketAddress remote) {
        byte[] address = remote.getAddress().getAddress();
        String here = ":%04X ".formatted(local.getPort());
        String there = ":%04X".formatted(remote.getPort());
        String plain = words(address);
        return address.length == 4
                ? Set.of(here + plain + there, here + "0000000000000000FFFF0000" + plain + there)
                : Set.of(here + plain + there);
    }

    /** In words of four bytes, each in the order of the machine; where that is big-endian nothing is found, and nobody is watched. */
    private static String words(byte[] address) {
        byte[] turned = new byte[address.length];
        for (int i = 0; i < address.length; i++) {
            turned[i] = address[i / 4 * 4 + 3 - i % 4];
        }
        return HexFormat.of().withUpperCase().formatHex(turned);
    }
}
