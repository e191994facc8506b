package io.longreel.curriculum.video;

import java.nio.file.Path;
import java.util.Arrays;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avformat.AVFormatContext;
import org.bytedeco.ffmpeg.avformat.AVIndexEntry;
import org.bytedeco.ffmpeg.avformat.AVStream;
import org.bytedeco.ffmpeg.global.avcodec;
import org.bytedeco.ffmpeg.global.avformat;
import org.bytedeco.ffmpeg.global.avutil;

/**
 * The exact list of a video's frames: their presentation times in order, and which of them can be decoded without any other. Made by one
 * pass over the packets, nothing is decoded; headers and frame rates are not trusted, because they are often wrong. A file that ends before
 * its own header says it does is refused here. Immutable.
 */
final class FrameIndex {
    private static final String ADVICE = "copy the file again, or leave it out";

    /** A container's duration may exceed its last packet by this much (rounding, a last packet without duration). */
    private static final double SLACK_SECONDS = 0.75;

    private final long[] times;
    private final long[] keyTimes;
    private final double secondsPerTick;
    private final double durationSeconds;

    private FrameIndex(long[] times, long[] keyTimes, double secondsPerTick, double durationSeconds) {
        this.times = times;
        this.keyTimes = keyTimes;
        this.secondsPerTick = secondsPerTick;
        this.durationSeconds = durationSeconds;
    }

    /** Reads every packet of {@code format} from where it stands; the caller seeks afterwards. */
    static FrameIndex scan(Path file, AVFormatContext format, int videoStream) {
        refuseTruncated(file, format, videoStream);
        Scan scan = new Scan(file, format, videoStream);
        AVPacket packet = avcodec.av_packet_alloc();
        try {
            int code = avformat.av_read_frame(format, packet);
            while (code >= 0) {
                scan.add(packet);
                avcodec.av_packet_unref(packet);
                code = avformat.av_read_frame(format, packet);
            }
            if (code != avutil.AVERROR_EOF()) {
                throw Ffmpeg.failure(file, "reading failed (%s)".formatted(Ffmpeg.text(code)), ADVICE);
            }
        } finally {
            avcodec.av_packet_free(packet);
        }
        return scan.finish();
    }

    int frameCount() {
        return times.length;
    }

    /** Presentation time of a frame, in ticks of the stream. */
    long time(int frame) {
        return times[frame];
    }

    double seconds(int frame) {
        return (times[frame] - times[0]) * secondsPerTick;
    }

    double durationSeconds() {
        return durationSeconds;
    }

    /** Frames that can be decoded on their own. */
    int keyCount() {
        return keyTimes.length;
    }

    long keyTime(int key) {
        return keyTimes[key];
    }

    /** The last key frame at or before {@code time}; 0 when there is none. */
    int keyBefore(long time) {
        int found = Arrays.binarySearch(keyTimes, time);
        return found >= 0 ? found : Math.max(0, -found - 2);
    }

    /** Looks for samples that the container lists behind the end of the file. Their number is no help: edit lists hide samples. */
    private static void refuseTruncated(Path file, AVFormatContext format, int videoStream) {
        AVStream stream = format.streams(videoStream);
        long sizeBytes = avformat.avio_size(format.pb());
        for (int i = avformat.avformat_index_get_entries_count(stream) - 1; i >= 0; i--) {
            AVIndexEntry entry = avformat.avformat_index_get_entry(stream, i);
            if (entry.pos() + entry.size() > sizeBytes) {
                throw Ffmpeg.failure(
                        file,
                        "it ends after %d bytes, before frames that its header lists".formatted(sizeBytes),
                        ADVICE);
            }
        }
    }

    /** What one pass over the packets collects. */
    private static final class Scan {
        private final Path file;
        private final AVFormatContext format;
        private final int videoStream;
        private long[] times = new long[1024];
        private int count;
        private long[] keys = new long[64];
        private int keyCount;
        private int packets;
        private long lastDuration;
        private double endSeconds;

        private Scan(Path file, AVFormatContext format, int videoStream) {
            this.file = file;
            this.format = format;
            this.videoStream = videoStream;
        }

        private void add(AVPacket packet) {
            AVStream stream = format.streams(packet.stream_index());
            long time = packet.pts() == Ffmpeg.NO_TIMESTAMP ? packet.dts() : packet.pts();
            if (time != Ffmpeg.NO_TIMESTAMP) {
                double end = (time + packet.duration()) * avutil.av_q2d(stream.time_base());
                endSeconds = Math.max(endSeconds, end);
            }
            if (packet.stream_index() != videoStream) {
                return;
            }
            packets++;
            if ((packet.flags() & avcodec.AV_PKT_FLAG_CORRUPT) != 0 || time == Ffmpeg.NO_TIMESTAMP) {
                throw Ffmpeg.failure(file, "packet %d is damaged or incomplete".formatted(packets - 1), ADVICE);
            }
            if ((packet.flags() & avcodec.AV_PKT_FLAG_KEY) != 0) {
                keys = keyCount == keys.length ? Arrays.copyOf(keys, keyCount * 2) : keys;
                keys[keyCount++] = time;
            }
            if ((packet.flags() & avcodec.AV_PKT_FLAG_DISCARD) == 0) {
                times = count == times.length ? Arrays.copyOf(times, count * 2) : times;
                times[count++] = time;
                lastDuration = packet.duration();
            }
        }

        private FrameIndex finish() {
            AVStream stream = format.streams(videoStream);
            if (count == 0 || keyCount == 0) {
                throw Ffmpeg.failure(file, "no frame in its video stream", ADVICE);
            }
            double declaredSeconds = format.duration() / (double) avutil.AV_TIME_BASE;
            double startSeconds =
                    format.start_time() == Ffmpeg.NO_TIMESTAMP ? 0 : format.start_time() / (double) avutil.AV_TIME_BASE;
            if (format.duration() > 0 && endSeconds - startSeconds < declaredSeconds - SLACK_SECONDS) {
                throw Ffmpeg.failure(
                        file,
                        "it ends after %.1f of %.1f seconds".formatted(endSeconds - startSeconds, declaredSeconds),
                        ADVICE);
            }
            long[] sorted = Arrays.stream(times, 0, count).sorted().distinct().toArray();
            long[] sortedKeys =
                    Arrays.stream(keys, 0, keyCount).sorted().distinct().toArray();
            double tick = avutil.av_q2d(stream.time_base());
            long span = sorted[sorted.length - 1] - sorted[0];
            long last = lastDuration > 0 ? lastDuration : span / Math.max(1, sorted.length - 1);
            return new FrameIndex(sorted, sortedKeys, tick, (span + last) * tick);
        }
    }
}
