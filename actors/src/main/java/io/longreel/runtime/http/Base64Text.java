package io.longreel.runtime.http;

import java.io.IOException;
import java.io.InputStream;
import java.util.Base64;

/** The bytes that a text says in base64 (RFC 4648, section 4), without a copy of the text. */
final class Base64Text extends InputStream {
    private final InputStream decoded;

    /** The text is not base64. */
    static final class NotBase64 extends IOException {
        private static final long serialVersionUID = 1L;

        private NotBase64(IOException cause) {
            super(cause.getMessage(), cause);
        }
    }

    /**
     * @param from index of the first character that counts
     */
    Base64Text(String text, int from) {
        this.decoded = Base64.getDecoder().wrap(new Characters(text, from));
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        try {
            return decoded.read(into, offset, length);
        } catch (IOException e) {
            throw new NotBase64(e);
        }
    }

    private static final class Characters extends InputStream {
        private final String text;
        private int next;

        private Characters(String text, int from) {
            this.text = text;
            this.next = from;
        }

        @Override
        public int read() {
            return next == text.length() ? -1 : narrow(text.charAt(next++));
        }

        @Override
        public int read(byte[] into, int offset, int length) {
            int n = Math.min(length, text.length() - next);
            for (int i = 0; i < n; i++) {
                into[offset + i] = (byte) narrow(text.charAt(next++));
            }
            return n == 0 && length > 0 ? -1 : n;
        }

        /** What is not ASCII becomes something that is not base64. */
        private static int narrow(char c) {
            return c < 128 ? c : 0xff;
        }
    }
}
