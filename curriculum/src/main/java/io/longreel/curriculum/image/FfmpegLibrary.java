package io.longreel.curriculum.image;

import java.nio.charset.StandardCharsets;
import org.bytedeco.ffmpeg.global.avutil;

/**
 * What every use of FFmpeg shares, for images and for videos: its log is silenced before the first call, and its error codes become text.
 * FFmpeg's messages would go to the terminal from native code; the one line of a {@code RuntimeFailure} takes their place.
 */
public final class FfmpegLibrary {
    private static final int TEXT_BYTES_MAX = 256;

    static {
        avutil.av_log_set_level(avutil.AV_LOG_QUIET);
    }

    private FfmpegLibrary() {}

    /** Loads the native libraries and silences them. */
    public static void load() {
        // The work is done by the static initialiser, once per process.
    }

    /** FFmpeg's own words for an error code. */
    public static String text(int code) {
        byte[] text = new byte[TEXT_BYTES_MAX];
        avutil.av_strerror(code, text, text.length);
        int length = 0;
        while (length < text.length && text[length] != 0) {
            length++;
        }
        return new String(text, 0, length, StandardCharsets.UTF_8);
    }
}
