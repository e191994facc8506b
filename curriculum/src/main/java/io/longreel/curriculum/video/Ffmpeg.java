package io.longreel.curriculum.video;

import io.longreel.config.RuntimeFailure;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.bytedeco.ffmpeg.global.avutil;

/**
 * What every use of FFmpeg shares: its log is silenced before the first call, and its error codes become text. FFmpeg's messages would go to
 * the terminal from native code; the one line of a {@link RuntimeFailure} takes their place.
 */
final class Ffmpeg {
    /** {@code AVERROR(EAGAIN)}: the codec wants input before it gives output. */
    static final int AGAIN = -11;

    /** {@code AV_NOPTS_VALUE}. */
    static final long NO_TIMESTAMP = Long.MIN_VALUE;

    private static final int TEXT_BYTES_MAX = 256;

    static {
        avutil.av_log_set_level(avutil.AV_LOG_QUIET);
    }

    private Ffmpeg() {}

    /** Loads the native libraries and silences them. */
    static void load() {
        // The work is done by the static initialiser, once per process.
    }

    /** FFmpeg's own words for an error code. */
    static String text(int code) {
        byte[] text = new byte[TEXT_BYTES_MAX];
        avutil.av_strerror(code, text, text.length);
        int length = 0;
        while (length < text.length && text[length] != 0) {
            length++;
        }
        return new String(text, 0, length, StandardCharsets.UTF_8);
    }

    static RuntimeFailure failure(Path file, String what, String advice) {
        return RuntimeFailure.data("video %s: %s; %s".formatted(file, what, advice));
    }

    /** Passes a result on, or turns a negative one into a failure of {@code file}. */
    static int check(int code, Path file, String action, String advice) {
        if (code < 0) {
            throw failure(file, "%s failed (%s)".formatted(action, text(code)), advice);
        }
        return code;
    }
}
