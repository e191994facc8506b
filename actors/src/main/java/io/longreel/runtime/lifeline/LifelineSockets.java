package io.longreel.runtime.lifeline;

import io.longreel.runtime.security.TlsIdentity;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;

/** Sockets of lifelines, plain or with this process's identity, and lines on them. */
final class LifelineSockets {
    /** How long anything may take while a lifeline is being tied; after that it is idle for good. */
    static final int PATIENCE_MS = 2000;

    private LifelineSockets() {}

    static ServerSocket listen(Optional<TlsIdentity> tls, InetAddress host) throws IOException {
        if (tls.isEmpty()) {
            return new ServerSocket(0, 1024, host);
        }
        SSLServerSocket socket =
                (SSLServerSocket) tls.get().context().getServerSocketFactory().createServerSocket(0, 1024, host);
        socket.setSSLParameters(tls.get().parameters());
        return socket;
    }

    /** Connects within {@link #PATIENCE_MS}; a refusal is a {@link java.net.ConnectException}. */
    static Socket connect(InetSocketAddress address) throws IOException {
        Socket plain = new Socket();
        try {
            plain.connect(address, PATIENCE_MS);
            plain.setSoTimeout(PATIENCE_MS);
            plain.setKeepAlive(true);
            return plain;
        } catch (IOException e) {
            plain.close();
            throw e;
        }
    }

    /** The same connection with this process's identity on it, or as it is where there is none. Closes it when that fails. */
    static Socket secured(Socket plain, Optional<TlsIdentity> tls, InetSocketAddress address) throws IOException {
        if (tls.isEmpty()) {
            return plain;
        }
        try {
            SSLSocket socket = (SSLSocket) tls.get()
                    .context()
                    .getSocketFactory()
                    .createSocket(plain, address.getHostString(), address.getPort(), true);
            socket.setSSLParameters(tls.get().parameters());
            socket.startHandshake();
            return socket;
        } catch (IOException e) {
            plain.close();
            throw e;
        }
    }

    static void say(Socket socket, String line) throws IOException {
        socket.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
        socket.getOutputStream().flush();
    }

    /** One line of at most {@code Hello.LENGTH_MAX} bytes. */
    static String hear(Socket socket) throws IOException {
        InputStream in = socket.getInputStream();
        byte[] bytes = new byte[Hello.LENGTH_MAX];
        for (int length = 0; length < bytes.length; length++) {
            int next = in.read();
            if (next < 0) {
                throw new EOFException("closed before a line was said");
            }
            if (next == '\n') {
                return new String(bytes, 0, length, StandardCharsets.UTF_8);
            }
            bytes[length] = (byte) next;
        }
        throw new IOException("a line of more than %d bytes".formatted(bytes.length));
    }

    /** Returns when the other end is closed, whatever way. */
    static void awaitEnd(Socket socket) {
        try {
            socket.setSoTimeout(0);
            InputStream in = socket.getInputStream();
            while (in.read() >= 0) {
                // nothing more is ever said; the end is the message
            }
        } catch (IOException e) {
            // a reset is the same message in another form
        }
    }
}
