package io.longreel.runtime.http;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import io.longreel.config.ServeSettings;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;

/**
 * Reads the bodies of requests, each up to the largest size, all together up to {@link ServeSettings#BODIES_MAX} times as much. A body is read
 * on a thread of its own: one that waits in a read cannot be woken without closing the connection, and then nobody could say that it took too
 * long.
 */
final class Bodies {
    private static final int CHUNK_BYTES = 1 << 16;

    private final long bytesMax;
    private final Semaphore chunks;

    /**
     * @param bytesMax of one body
     */
    Bodies(long bytesMax) {
        this.bytesMax = bytesMax;
        this.chunks = new Semaphore(ServeSettings.BODIES_MAX * chunks(bytesMax));
    }

    private static int chunks(long bytes) {
        return (int) Math.ceilDiv(bytes, (long) CHUNK_BYTES);
    }

    /** The body of one request; its memory counts until it is closed. */
    final class Body implements AutoCloseable {
        private final HttpExchange exchange;
        private final CompletableFuture<byte[]> read = new CompletableFuture<>();
        private final Thread reader;
        private volatile boolean isRead;
        private int held;

        private Body(HttpExchange exchange) {
            this.exchange = exchange;
            this.reader = Thread.ofVirtual().name("longreel-http-body").unstarted(this::run);
        }

        /** Waits for all of it. */
        byte[] bytes() throws IOException, InterruptedException {
            requireJson(exchange.getRequestHeaders());
            requireSize(length());
            reader.start();
            try {
                return read.get();
            } catch (ExecutionException e) {
                Throwable why = e.getCause() == null ? e : e.getCause();
                switch (why) {
                    case Refusal refusal -> throw refusal;
                    case IOException cause -> throw cause;
                    default -> throw new IllegalStateException("a body is read, or is not", why);
                }
            }
        }

        /** Whether nothing of it is left in the connection. */
        boolean isRead() {
            return isRead;
        }

        /** Whether somebody still waits for it. */
        boolean isBeingRead() {
            return reader.isAlive();
        }

        /** Not stated: -1. */
        private long length() {
            String length = exchange.getRequestHeaders().getFirst("Content-Length");
            try {
                return length == null ? -1 : Long.parseLong(length.strip());
            } catch (NumberFormatException e) {
                throw Refusal.of(400, null, null, "Content-Length must be a number");
            }
        }

        private void run() {
            try {
                long length = length();
                if (length > 0) {
                    hold(chunks(length));
                }
                read.complete(readAll(length));
            } catch (IOException | RuntimeException e) {
                read.completeExceptionally(e);
            }
        }

        private byte[] readAll(long length) throws IOException {
            InputStream in = exchange.getRequestBody();
            if (length >= 0) {
                byte[] all = new byte[(int) length];
                if (in.readNBytes(all, 0, all.length) < all.length) {
                    throw new IOException("the client stopped in the middle of its request");
                }
                isRead = true;
                return all;
            }
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            byte[] chunk = new byte[CHUNK_BYTES];
            for (int n = in.readNBytes(chunk, 0, chunk.length); n > 0; n = in.readNBytes(chunk, 0, chunk.length)) {
                requireSize(all.size() + (long) n);
                hold(1);
                all.write(chunk, 0, n);
            }
            isRead = true;
            return all.toByteArray();
        }

        private void hold(int more) {
            if (!chunks.tryAcquire(more)) {
                throw Refusal.busy(
                        "the server is busy with the bodies of other requests (longreel.serve.body-bytes-max); try again later");
            }
            synchronized (this) {
                held += more;
            }
        }

        /** Also ends the reading, and with it the connection, if it is still going on. */
        @Override
        public void close() {
            if (reader.isAlive()) {
                reader.interrupt();
                try {
                    reader.join();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
            synchronized (this) {
                chunks.release(held);
                held = 0;
            }
        }
    }

    Body of(HttpExchange exchange) {
        return new Body(exchange);
    }

    private void requireSize(long bytes) {
        if (bytes > bytesMax) {
            throw Refusal.of(
                    413,
                    null,
                    "request_too_large",
                    "the body of a request must have at most %d bytes (longreel.serve.body-bytes-max); put large videos below an allowed folder"
                            .formatted(bytesMax));
        }
    }

    /** Any other type could be sent by a page that a browser shows, without asking whether it may. */
    private static void requireJson(Headers headers) {
        String type = String.valueOf(headers.getFirst("Content-Type"));
        String plain = type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
        if (!plain.equals("application/json")) {
            throw Refusal.of(
                    415,
                    null,
                    "unsupported_media_type",
                    "the header Content-Type must be application/json, not " + Refusal.shown(type));
        }
        String encoding = headers.getFirst("Content-Encoding");
        if (encoding != null && !encoding.strip().equalsIgnoreCase("identity")) {
            throw Refusal.of(
                    415,
                    null,
                    "unsupported_encoding",
                    "the body must not be compressed: Content-Encoding is " + Refusal.shown(encoding));
        }
    }
}
