package io.longreel.curriculum.image;

import java.lang.foreign.MemorySegment;
import org.bytedeco.ffmpeg.avcodec.AVCodec;
import org.bytedeco.ffmpeg.avcodec.AVCodecContext;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avutil.AVDictionary;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.global.avcodec;
import org.bytedeco.ffmpeg.global.avutil;

/**
 * One image file through one of FFmpeg's decoders. An image is one packet, so no container is opened: the file's bytes go to the decoder as
 * they are. Errors that a player would conceal are asked for, because a picture that is half grey teaches the wrong thing.
 */
final class PictureDecoder {
    private static final long FILE_BYTES_MAX = 1L << 30;

    private PictureDecoder() {}

    static Picture decode(PictureBytes bytes, PictureFormat format, PictureSize size) {
        if (bytes.sizeBytes() > FILE_BYTES_MAX) {
            throw bytes.failure(
                    "it has %d bytes, more than %d".formatted(bytes.sizeBytes(), FILE_BYTES_MAX), "make it smaller");
        }
        FfmpegLibrary.load();
        AVCodecContext codec = openDecoder(bytes, format);
        AVPacket packet = avcodec.av_packet_alloc();
        AVFrame frame = avutil.av_frame_alloc();
        try {
            check(bytes, avcodec.av_new_packet(packet, (int) bytes.sizeBytes()));
            MemorySegment copy = MemorySegment.ofBuffer(
                    packet.data().capacity(bytes.sizeBytes()).asByteBuffer());
            bytes.copyTo(copy);
            if (format == PictureFormat.GIF) {
                GifBlocks.read(bytes).showAll(copy);
            }
            check(bytes, avcodec.avcodec_send_packet(codec, packet));
            check(bytes, avcodec.avcodec_send_packet(codec, null));
            check(bytes, avcodec.avcodec_receive_frame(codec, frame));
            if (frame.decode_error_flags() != 0 || (frame.flags() & AVFrame.AV_FRAME_FLAG_CORRUPT) != 0) {
                throw bytes.damaged("some of its pixels are damaged");
            }
            if (frame.width() != size.width() || frame.height() != size.height()) {
                throw bytes.damaged("it was decoded to %d x %d pixels and its header tells %s"
                        .formatted(frame.width(), frame.height(), size));
            }
            return FrameColours.picture(bytes, format, frame);
        } finally {
            avutil.av_frame_free(frame);
            avcodec.av_packet_free(packet);
            avcodec.avcodec_free_context(codec);
        }
    }

    private static AVCodecContext openDecoder(PictureBytes bytes, PictureFormat format) {
        AVCodec decoder = avcodec.avcodec_find_decoder(format.codecId());
        if (decoder == null) {
            throw bytes.failure("FFmpeg was built without a decoder for " + format, "convert it to PNG");
        }
        AVCodecContext codec = avcodec.avcodec_alloc_context3(decoder);
        // The cores belong to the ranks; decoding ahead is parallel over pictures already.
        codec.thread_count(1);
        codec.max_pixels(PictureHeader.PIXELS_MAX);
        // Of FFmpeg's inverse transforms the one that comes closest to libjpeg's ("islow"); all others differ from it
        // more often.
        codec.idct_algo(AVCodecContext.FF_IDCT_FAAN);
        codec.flags(codec.flags() | avcodec.AV_CODEC_FLAG_BITEXACT);
        codec.err_recognition(
                avcodec.AV_EF_CRCCHECK | avcodec.AV_EF_BITSTREAM | avcodec.AV_EF_BUFFER | avcodec.AV_EF_EXPLODE);
        int code = avcodec.avcodec_open2(codec, decoder, (AVDictionary) null);
        if (code < 0) {
            avcodec.avcodec_free_context(codec);
            check(bytes, code);
        }
        return codec;
    }

    private static void check(PictureBytes bytes, int code) {
        if (code < 0) {
            throw bytes.damaged("it cannot be decoded (%s)".formatted(FfmpegLibrary.text(code)));
        }
    }
}
