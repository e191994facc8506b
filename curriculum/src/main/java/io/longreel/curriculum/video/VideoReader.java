package io.longreel.curriculum.video;

import io.longreel.config.RuntimeFailure;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.bytedeco.ffmpeg.avcodec.AVCodec;
import org.bytedeco.ffmpeg.avcodec.AVCodecContext;
import org.bytedeco.ffmpeg.avcodec.AVCodecParameters;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avcodec.AVPacketSideData;
import org.bytedeco.ffmpeg.avformat.AVFormatContext;
import org.bytedeco.ffmpeg.avformat.AVInputFormat;
import org.bytedeco.ffmpeg.avformat.AVStream;
import org.bytedeco.ffmpeg.avutil.AVDictionary;
import org.bytedeco.ffmpeg.avutil.AVDictionaryEntry;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.avutil.AVRational;
import org.bytedeco.ffmpeg.global.avcodec;
import org.bytedeco.ffmpeg.global.avformat;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.PointerPointer;

/**
 * A video file as an array of square RGB frames. Frame {@code i} is the i-th in order of presentation, found by seeking to a key frame at or
 * before it and decoding forward until its time comes: the same pixels, byte for byte, whether it is reached by a jump or one by one. Rotation
 * that the container asks for is carried out. Opened and used by one thread at a time ({@link FrameStore} sees to that).
 */
public final class VideoReader implements AutoCloseable {
    private static final int DISPLAY_MATRIX_INTS = 9;
    private static final int ATTACHED_PICTURE = 0x0400;
    private static final long NOWHERE = Long.MAX_VALUE;

    private final Path file;
    private final int imageSize;
    private final AVFormatContext format;
    private final int stream;
    private final FrameIndex index;
    private final Orientation orientation;
    private final AVCodecContext codec;
    private final FrameScaler scaler;
    private final AVPacket packet = avcodec.av_packet_alloc();
    private final AVFrame frame = avutil.av_frame_alloc();
    /** Time of the frame that the decoder gave last; {@link #NOWHERE} when it has to seek first. */
    private long lastTime = NOWHERE;

    private boolean draining;
    private boolean closed;

    private VideoReader(
            Path file, int imageSize, AVFormatContext format, int stream, FrameIndex index, AVCodecContext codec) {
        this.file = file;
        this.imageSize = imageSize;
        this.format = format;
        this.stream = stream;
        this.index = index;
        this.codec = codec;
        this.orientation = orientationOf(format.streams(stream).codecpar());
        this.scaler = new FrameScaler(file, imageSize, orientation);
    }

    /**
     * Opens a file and lists its frames.
     *
     * @param imageSize width and height of the frames that {@link #read} gives
     */
    public static VideoReader open(Path file, int imageSize) {
        return open(file, file.toString(), imageSize);
    }

    /**
     * Opens a video that is a part of a file, such as a member of a tar.
     *
     * @param offset its first byte
     * @param length its bytes
     */
    public static VideoReader open(Path file, long offset, long length, int imageSize) {
        return open(file, "subfile,,start,%d,end,%d,,:%s".formatted(offset, offset + length, file), imageSize);
    }

    /** {@code address} is what FFmpeg calls it. */
    private static VideoReader open(Path file, String address, int imageSize) {
        if (!Files.isRegularFile(file)) {
            throw RuntimeFailure.data("video %s: there is no such file; check the path".formatted(file));
        }
        Ffmpeg.load();
        AVFormatContext format = new AVFormatContext(null);
        Ffmpeg.check(
                avformat.avformat_open_input(format, address, (AVInputFormat) null, (AVDictionary) null),
                file,
                "opening it",
                "it must be an intact mp4, mkv or mov file");
        try {
            Ffmpeg.check(
                    avformat.avformat_find_stream_info(format, (AVDictionary) null),
                    file,
                    "reading its streams",
                    "it must be an intact mp4, mkv or mov file");
            int stream = avformat.av_find_best_stream(
                    format, avutil.AVMEDIA_TYPE_VIDEO, -1, -1, (PointerPointer<?>) null, 0);
            if (stream < 0 || (format.streams(stream).disposition() & ATTACHED_PICTURE) != 0) {
                throw Ffmpeg.failure(file, "it has no video stream", "give a file with moving pictures");
            }
            FrameIndex index = FrameIndex.scan(file, format, stream);
            return new VideoReader(file, imageSize, format, stream, index, openDecoder(file, format.streams(stream)));
        } catch (RuntimeException e) {
            avformat.avformat_close_input(format);
            throw e;
        }
    }

    public Path file() {
        return file;
    }

    public int imageSize() {
        return imageSize;
    }

    public int frameCount() {
        return index.frameCount();
    }

    public double durationSeconds() {
        return index.durationSeconds();
    }

    /** Presentation time of a frame, from that of the first. */
    public double seconds(int frameIndex) {
        return index.seconds(frameIndex);
    }

    /** Clockwise turn that the container asks for (and {@link #read} carries out): 0, 90, 180 or 270. */
    public int rotationDegrees() {
        return orientation.clockwiseDegrees();
    }

    /** Width to height of the picture as it is shown: upright, and with pixels that are not square stretched. */
    public double aspectRatio() {
        AVStream shown = format.streams(stream);
        AVRational pixel = avformat.av_guess_sample_aspect_ratio(format, shown, null);
        double pixelRatio = pixel.num() > 0 && pixel.den() > 0 ? avutil.av_q2d(pixel) : 1;
        AVCodecParameters stored = shown.codecpar();
        double ratio = pixelRatio * Math.max(1, stored.width()) / Math.max(1, stored.height());
        return rotationDegrees() % 180 == 0 ? ratio : 1 / ratio;
    }

    /** Pixels of a row of the picture, upright. */
    public int width() {
        AVCodecParameters stored = format.streams(stream).codecpar();
        return rotationDegrees() % 180 == 0 ? stored.width() : stored.height();
    }

    /** Rows of the picture, upright. */
    public int height() {
        AVCodecParameters stored = format.streams(stream).codecpar();
        return rotationDegrees() % 180 == 0 ? stored.height() : stored.width();
    }

    /** The container's "comment" tag; empty when it has none. */
    public String comment() {
        AVDictionaryEntry entry = avutil.av_dict_get(format.metadata(), "comment", null, 0);
        return entry == null ? "" : entry.value().getString();
    }

    /** Writes frames {@code [from, to)} one after the other, each {@code imageSize * imageSize * 3} bytes, row by row, RGB. */
    public void read(int from, int to, MemorySegment rgb_Fhw3) {
        if (from < 0 || from > to || to > frameCount()) {
            throw new IllegalArgumentException(
                    "frames must lie in the video: from=%d to=%d frameCount=%d".formatted(from, to, frameCount()));
        }
        read(IntStream.range(from, to).toArray(), rgb_Fhw3);
    }

    /** Writes the given frames one after the other; fastest in ascending order. */
    public void read(int[] frames, MemorySegment rgb_Fhw3) {
        if (closed) {
            throw new IllegalStateException("video reader is closed: file=" + file);
        }
        long frameBytes = 3L * imageSize * imageSize;
        for (int i = 0; i < frames.length; i++) {
            decode(frames[i]);
            scaler.convert(frame, rgb_Fhw3.asSlice(i * frameBytes, frameBytes));
        }
    }

    /** Decodes frames {@code [from, to)} and throws their pictures away: what {@link #read} costs without scaling and colours. */
    void pass(int from, int to) {
        for (int i = from; i < to; i++) {
            decode(i);
        }
    }

    @Override
    public void close() {
        if (closed) {
            throw new IllegalStateException("video reader closed twice: file=" + file);
        }
        closed = true;
        scaler.close();
        avutil.av_frame_free(frame);
        avcodec.av_packet_free(packet);
        avcodec.avcodec_free_context(codec);
        avformat.avformat_close_input(format);
    }

    /** Leaves frame {@code i} in {@link #frame}. */
    private void decode(int i) {
        long target = index.time(i);
        int key = index.keyBefore(target);
        boolean onTheWay = lastTime < target && lastTime >= index.keyTime(key);
        if (onTheWay && advanceTo(target)) {
            return;
        }
        // Some key frames do not stand alone after all (open groups of pictures): then the one before is tried.
        for (int start = key; start >= 0; start--) {
            seek(start);
            if (advanceTo(target)) {
                return;
            }
        }
        throw Ffmpeg.failure(
                file,
                "frame %d of %d (at %.2f s) cannot be decoded".formatted(i, frameCount(), index.seconds(i)),
                "the file is damaged there: copy it again, or leave it out");
    }

    /** Decodes forward until the frame of {@code target}; false when the stream passes it by, gives it damaged, or ends. */
    private boolean advanceTo(long target) {
        while (true) {
            int code = avcodec.avcodec_receive_frame(codec, frame);
            if (code == Ffmpeg.AGAIN) {
                feed();
                continue;
            }
            if (code < 0) {
                lastTime = NOWHERE;
                return false;
            }
            lastTime = frame.best_effort_timestamp();
            if (lastTime >= target) {
                return lastTime == target && frame.decode_error_flags() == 0;
            }
        }
    }

    /** Gives the decoder the next packet of the stream, or tells it that there is none. */
    private void feed() {
        if (draining) {
            throw new IllegalStateException("a draining decoder asked for input: file=" + file);
        }
        while (true) {
            int code = avformat.av_read_frame(format, packet);
            if (code < 0) {
                draining = true;
                avcodec.avcodec_send_packet(codec, null);
                return;
            }
            try {
                if (packet.stream_index() == stream) {
                    // A packet that the decoder refuses shows as a frame that never comes, or comes with error flags.
                    avcodec.avcodec_send_packet(codec, packet);
                    return;
                }
            } finally {
                avcodec.av_packet_unref(packet);
            }
        }
    }

    private void seek(int key) {
        // Demuxers aim by decoding or by presentation time, so this may land on a later key frame where groups are
        // shorter than the
        // reordering delay. advanceTo() then passes the target by, and decode() goes further back.
        int code = avformat.av_seek_frame(format, stream, index.keyTime(key), avformat.AVSEEK_FLAG_BACKWARD);
        Ffmpeg.check(code, file, "seeking", "copy the file again, or leave it out");
        avcodec.avcodec_flush_buffers(codec);
        draining = false;
        lastTime = NOWHERE;
    }

    private static AVCodecContext openDecoder(Path file, AVStream stream) {
        AVCodecParameters parameters = stream.codecpar();
        AVCodec decoder = avcodec.avcodec_find_decoder(parameters.codec_id());
        if (decoder == null) {
            throw Ffmpeg.failure(
                    file,
                    "no decoder for its codec (%s)"
                            .formatted(avcodec.avcodec_get_name(parameters.codec_id())
                                    .getString()),
                    "convert it to H.264");
        }
        AVCodecContext codec = avcodec.avcodec_alloc_context3(decoder);
        Ffmpeg.check(avcodec.avcodec_parameters_to_context(codec, parameters), file, "reading its codec", "convert it");
        codec.pkt_timebase(stream.time_base());
        // The cores belong to the ranks; decoding ahead is parallel over files and steps already.
        codec.thread_count(1);
        Ffmpeg.check(
                avcodec.avcodec_open2(codec, decoder, (AVDictionary) null), file, "starting its decoder", "convert it");
        return codec;
    }

    private static Orientation orientationOf(AVCodecParameters parameters) {
        AVPacketSideData sideData = parameters.coded_side_data();
        if (sideData == null) {
            return Orientation.UPRIGHT;
        }
        AVPacketSideData found = avcodec.av_packet_side_data_get(
                sideData, parameters.nb_coded_side_data(), avcodec.AV_PKT_DATA_DISPLAYMATRIX);
        if (found == null || found.size() < DISPLAY_MATRIX_INTS * (long) Integer.BYTES) {
            return Orientation.UPRIGHT;
        }
        int[] matrix = new int[DISPLAY_MATRIX_INTS];
        new IntPointer(found.data()).get(matrix);
        return Orientation.of(matrix);
    }
}
