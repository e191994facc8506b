package io.longreel.curriculum.video;

import io.longreel.config.RuntimeFailure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.bytedeco.ffmpeg.avcodec.AVCodec;
import org.bytedeco.ffmpeg.avcodec.AVCodecContext;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avcodec.AVPacketSideData;
import org.bytedeco.ffmpeg.avformat.AVFormatContext;
import org.bytedeco.ffmpeg.avformat.AVIOContext;
import org.bytedeco.ffmpeg.avformat.AVOutputFormat;
import org.bytedeco.ffmpeg.avformat.AVStream;
import org.bytedeco.ffmpeg.avutil.AVDictionary;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.global.avcodec;
import org.bytedeco.ffmpeg.global.avformat;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.ffmpeg.global.swscale;
import org.bytedeco.ffmpeg.swscale.SwsContext;
import org.bytedeco.ffmpeg.swscale.SwsFilter;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;
import org.jspecify.annotations.Nullable;

/**
 * Writes RGB frames as MPEG-4 (part 2) into an mp4, mkv or mov file with the encoder that comes with the library. The file appears under its
 * name when {@link #finish} has succeeded and not before; a writer that is closed without it leaves nothing behind. Single-threaded and
 * bit-exact, so equal frames give equal files. Belongs to one thread.
 */
public final class VideoWriter implements AutoCloseable {
    private static final String ADVICE = "check that its folder exists, can be written and has space";
    /** {@code FF_QP2LAMBDA}. */
    private static final int LAMBDA_PER_QUANTIZER = 118;

    private static final int PLANES = 4;
    private static final long DISPLAY_MATRIX_BYTES = 9L * Integer.BYTES;

    /**
     * How to encode.
     *
     * @param width in pixels, even
     * @param height in pixels, even
     * @param keyEvery frames from one key frame to the next
     * @param reordered most B-frames in a row; 0 = none
     * @param quantizer 1 (best) to 31
     * @param clockwiseDegrees turn that players are asked to carry out: 0, 90, 180 or 270
     * @param comment stored as the container's "comment" tag unless empty
     */
    public record Settings(
            int width,
            int height,
            int framesPerSecond,
            int keyEvery,
            int reordered,
            int quantizer,
            int clockwiseDegrees,
            String comment) {

        public Settings {
            if (width < 2 || height < 2 || width % 2 != 0 || height % 2 != 0 || framesPerSecond < 1) {
                throw RuntimeFailure.config(
                        "footage needs even, positive sizes and a positive frame rate: width=%d height=%d framesPerSecond=%d"
                                .formatted(width, height, framesPerSecond));
            }
        }

        public static Settings of(int width, int height, int framesPerSecond) {
            return new Settings(width, height, framesPerSecond, 64, 0, 4, 0, "");
        }
    }

    private final Path file;
    private final Path partial;
    private final Settings settings;
    private final AVFormatContext format = new AVFormatContext(null);
    private final AVCodecContext codec;
    private final AVStream stream;
    private final AVPacket packet = avcodec.av_packet_alloc();
    private final AVFrame frame = avutil.av_frame_alloc();
    private final SwsContext scaler;
    private final BytePointer source;
    private final PointerPointer<Pointer> sourceData = new PointerPointer<>(PLANES);
    private final IntPointer sourceStride = new IntPointer((long) PLANES);
    private long written;
    private boolean closed;

    private VideoWriter(Path file, Settings settings) {
        this.file = file;
        this.partial = file.resolveSibling(
                file.getFileName() + "." + ProcessHandle.current().pid() + ".partial");
        this.settings = settings;
        check(
                avformat.avformat_alloc_output_context2(format, (AVOutputFormat) null, null, file.toString()),
                "choosing a container");
        AVCodec encoder = avcodec.avcodec_find_encoder(avcodec.AV_CODEC_ID_MPEG4);
        this.codec = avcodec.avcodec_alloc_context3(encoder);
        this.stream = avformat.avformat_new_stream(format, null);
        this.source = new BytePointer(avutil.av_malloc(3L * settings.width() * settings.height()));
        for (int plane = 0; plane < PLANES; plane++) {
            sourceData.put(plane, plane == 0 ? source : null);
            sourceStride.put(plane, plane == 0 ? 3 * settings.width() : 0);
        }
        this.scaler = swscale.sws_getContext(
                settings.width(),
                settings.height(),
                avutil.AV_PIX_FMT_RGB24,
                settings.width(),
                settings.height(),
                avutil.AV_PIX_FMT_YUV420P,
                swscale.SWS_BILINEAR | swscale.SWS_ACCURATE_RND | swscale.SWS_BITEXACT,
                (SwsFilter) null,
                (SwsFilter) null,
                (DoublePointer) null);
        start(encoder);
    }

    /** Starts a file; {@code file}'s ending chooses the container. */
    public static VideoWriter create(Path file, Settings settings) {
        Ffmpeg.load();
        return new VideoWriter(file, settings);
    }

    /** Appends a frame of {@code width * height * 3} bytes, row by row, RGB. */
    public void write(byte[] rgb_hw3) {
        if (rgb_hw3.length != 3 * settings.width() * settings.height()) {
            throw new IllegalArgumentException("a frame must have width * height * 3 bytes: bytes=%d width=%d height=%d"
                    .formatted(rgb_hw3.length, settings.width(), settings.height()));
        }
        source.position(0).put(rgb_hw3, 0, rgb_hw3.length);
        check(avutil.av_frame_make_writable(frame), "encoding");
        check(
                swscale.sws_scale(
                        scaler, sourceData, sourceStride, 0, settings.height(), frame.data(), frame.linesize()),
                "converting a frame");
        frame.pts(written++);
        frame.duration(1);
        frame.quality(codec.global_quality());
        encode(frame);
    }

    /** Writes what is buffered and gives the file its name. */
    public void finish() {
        encode(null);
        check(avformat.av_write_trailer(format), "finishing");
        release();
        try {
            Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot rename %s to %s".formatted(partial, file), e);
        }
    }

    /** Drops the file unless it was finished; may be called after {@link #finish}. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        release();
        try {
            Files.deleteIfExists(partial);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot delete " + partial, e);
        }
    }

    private void start(AVCodec encoder) {
        codec.width(settings.width());
        codec.height(settings.height());
        codec.pix_fmt(avutil.AV_PIX_FMT_YUV420P);
        codec.time_base(avutil.av_make_q(1, settings.framesPerSecond()));
        codec.framerate(avutil.av_make_q(settings.framesPerSecond(), 1));
        codec.gop_size(settings.keyEvery());
        codec.max_b_frames(settings.reordered());
        codec.thread_count(1);
        codec.global_quality(settings.quantizer() * LAMBDA_PER_QUANTIZER);
        codec.flags(codec.flags() | avcodec.AV_CODEC_FLAG_QSCALE | avcodec.AV_CODEC_FLAG_BITEXACT);
        if ((format.oformat().flags() & avformat.AVFMT_GLOBALHEADER) != 0) {
            codec.flags(codec.flags() | avcodec.AV_CODEC_FLAG_GLOBAL_HEADER);
        }
        check(avcodec.avcodec_open2(codec, encoder, (AVDictionary) null), "starting the encoder");
        stream.time_base(codec.time_base());
        check(avcodec.avcodec_parameters_from_context(stream.codecpar(), codec), "describing the stream");
        if (settings.clockwiseDegrees() != 0) {
            addDisplayMatrix();
        }
        format.flags(format.flags() | AVFormatContext.AVFMT_FLAG_BITEXACT);
        if (!settings.comment().isEmpty()) {
            AVDictionary tags = new AVDictionary(null);
            avutil.av_dict_set(tags, "comment", settings.comment(), 0);
            format.metadata(tags);
        }
        AVIOContext io = new AVIOContext(null);
        check(avformat.avio_open(io, partial.toString(), avformat.AVIO_FLAG_WRITE), "creating it");
        format.pb(io);
        check(avformat.avformat_write_header(format, (AVDictionary) null), "writing its header");
        frame.format(avutil.AV_PIX_FMT_YUV420P);
        frame.width(settings.width());
        frame.height(settings.height());
        check(avutil.av_frame_get_buffer(frame, 0), "allocating a frame");
    }

    private void addDisplayMatrix() {
        try (PointerPointer<AVPacketSideData> sideData = new PointerPointer<>(1);
                IntPointer count = new IntPointer(1L)) {
            sideData.put(0, null);
            count.put(0);
            AVPacketSideData added = avcodec.av_packet_side_data_new(
                    sideData, count, avcodec.AV_PKT_DATA_DISPLAYMATRIX, DISPLAY_MATRIX_BYTES, 0);
            avutil.av_display_rotation_set(new IntPointer(added.data()), settings.clockwiseDegrees());
            stream.codecpar().coded_side_data(sideData.get(AVPacketSideData.class, 0));
            stream.codecpar().nb_coded_side_data(count.get());
        }
    }

    private void encode(@Nullable AVFrame picture) {
        check(avcodec.avcodec_send_frame(codec, picture), "encoding");
        while (true) {
            int code = avcodec.avcodec_receive_packet(codec, packet);
            if (code == Ffmpeg.AGAIN || code == avutil.AVERROR_EOF()) {
                return;
            }
            check(code, "encoding");
            // Without a duration the container's edit list would end before the last frame.
            packet.duration(1);
            avcodec.av_packet_rescale_ts(packet, codec.time_base(), stream.time_base());
            packet.stream_index(stream.index());
            check(avformat.av_interleaved_write_frame(format, packet), "writing");
        }
    }

    private void release() {
        closed = true;
        swscale.sws_freeContext(scaler);
        avutil.av_free(source);
        sourceData.close();
        sourceStride.close();
        avutil.av_frame_free(frame);
        avcodec.av_packet_free(packet);
        avcodec.avcodec_free_context(codec);
        if (format.pb() != null) {
            avformat.avio_closep(format.pb());
            format.pb((AVIOContext) null);
        }
        avformat.avformat_free_context(format);
    }

    private void check(int code, String action) {
        Ffmpeg.check(code, file, action, ADVICE);
    }
}
