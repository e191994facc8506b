package io.longreel.curriculum.video;

import io.longreel.config.RuntimeFailure;
import io.longreel.curriculum.image.FfmpegLibrary;
import java.nio.file.Path;

/** What every use of FFmpeg for videos shares: codes that mean something, and faults as the one line of a {@link RuntimeFailure}. */
final class Ffmpeg {
    /** {@code AVERROR(EAGAIN)}: the codec wants input before it gives output. */
    static final int AGAIN = -11;

    /** {@code AV_NOPTS_VALUE}. */
    static final long NO_TIMESTAMP = Long.MIN_VALUE;

    private Ffmpeg() {}

    /** Loads the native libraries and silences them. */
    static void load() {
        FfmpegLibrary.load();
    }

    /** FFmpeg's own words for an error code. */
    static String text(int code) {
        return FfmpegLibrary.text(code);
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
