package io.longreel.runtime.http;

import io.longreel.curriculum.corpus.Medium;
import java.nio.charset.StandardCharsets;

/**
 * Tells images and videos from other files by their first bytes. What strangers bring must be one of these: FFmpeg reads play lists and the like, too,
 * which name other files and addresses.
 */
final class MediaSignature {
    /** Bytes that it takes. */
    static final int LENGTH = 192;

    private static final int TRANSPORT_PACKET = 188;

    private MediaSignature() {}

    /**
     * Whether a file that begins so may be shown.
     *
     * @param head its first bytes; at most {@link #LENGTH} are looked at
     */
    static boolean fits(Medium.Kind kind, byte[] head) {
        return switch (kind) {
            case IMAGE -> isImage(head);
            case VIDEO -> isVideo(head);
        };
    }

    private static boolean isImage(byte[] head) {
        return has(head, 0, "\u00ff\u00d8\u00ff")
                || has(head, 0, "\u0089PNG\r\n\u001a\n")
                || (has(head, 0, "RIFF") && has(head, 8, "WEBP"))
                || has(head, 0, "GIF87a")
                || has(head, 0, "GIF89a")
                || has(head, 0, "BM");
    }

    private static boolean isVideo(byte[] head) {
        boolean isMp4 = has(head, 4, "ftyp")
                || has(head, 4, "moov")
                || has(head, 4, "mdat")
                || has(head, 4, "wide")
                || has(head, 4, "free")
                || has(head, 4, "skip");
        boolean isTransportStream = has(head, 0, "G") && has(head, TRANSPORT_PACKET, "G");
        return isMp4
                || isTransportStream
                || has(head, 0, "\u001aE\u00df\u00a3") // Matroska, WebM
                || (has(head, 0, "RIFF") && has(head, 8, "AVI "))
                || has(head, 0, "\u0000\u0000\u0001\u00ba") // MPEG program stream
                || has(head, 0, "\u0000\u0000\u0001\u00b3") // MPEG-1, MPEG-2 video
                || has(head, 0, "\u0000\u0000\u0000\u0001") // H.264, H.265
                || has(head, 0, "FLV\u0001")
                || has(head, 0, "OggS")
                || has(head, 0, "0&\u00b2u") // ASF
                || has(head, 0, "YUV4MPEG2 ")
                || has(head, 0, "GIF89a");
    }

    private static boolean has(byte[] head, int at, String text) {
        byte[] wanted = text.getBytes(StandardCharsets.ISO_8859_1);
        if (head.length < at + wanted.length) {
            return false;
        }
        for (int i = 0; i < wanted.length; i++) {
            if (head[at + i] != wanted[i]) {
                return false;
            }
        }
        return true;
    }
}
