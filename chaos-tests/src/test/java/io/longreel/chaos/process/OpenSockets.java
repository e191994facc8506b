package io.longreel.chaos.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Where a process can be reached, from the tables of a Linux kernel. */
final class OpenSockets {
    private static final Path PROC = Path.of("/proc");
    private static final String LISTENING = "0A";
    /** 127.x.x.x and ::1, also as IPv4 inside IPv6, as the tables write them. */
    private static final List<String> LOOPBACK =
            List.of("[0-9A-F]{6}7F", "0{24}01000000", "0{16}FFFF0000[0-9A-F]{6}7F");

    private OpenSockets() {}

    static boolean canBeRead() {
        return Files.isReadable(PROC.resolve("self/net/tcp"));
    }

    /** {@code TABLE ADDRESS:PORT} of each TCP socket that listens and each UDP socket. */
    static List<String> of(long pid) throws IOException {
        Set<String> inodes = inodes(pid);
        List<String> sockets = new ArrayList<>();
        for (String table : List.of("tcp", "tcp6", "udp", "udp6")) {
            Path file = PROC.resolve(Long.toString(pid)).resolve("net").resolve(table);
            for (String line : Files.readAllLines(file)) {
                String[] words = line.strip().split(" +");
                boolean isOwn = words.length > 9 && inodes.contains(words[9]);
                if (isOwn && (table.startsWith("udp") || words[3].equals(LISTENING))) {
                    sockets.add(table + " " + words[1]);
                }
            }
        }
        return sockets;
    }

    static boolean isLoopback(String socket) {
        String address = socket.substring(socket.indexOf(' ') + 1, socket.indexOf(':'));
        return LOOPBACK.stream().anyMatch(address::matches);
    }

    private static Set<String> inodes(long pid) throws IOException {
        Set<String> inodes = new HashSet<>();
        try (Stream<Path> descriptors =
                Files.list(PROC.resolve(Long.toString(pid)).resolve("fd"))) {
            for (Path descriptor : descriptors.toList()) {
                try {
                    String target = Files.readSymbolicLink(descriptor).toString();
                    if (target.startsWith("socket:[")) {
                        inodes.add(target.substring("socket:[".length(), target.length() - 1));
                    }
                } catch (NoSuchFileException e) {
                    // closed meanwhile
                }
            }
        }
        return inodes;
    }
}
