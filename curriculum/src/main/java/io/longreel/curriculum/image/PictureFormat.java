package io.longreel.curriculum.image;

import org.bytedeco.ffmpeg.global.avcodec;

/** The kinds of image file that are read. Files are known by their first bytes, never by their names. */
enum PictureFormat {
    JPEG(avcodec.AV_CODEC_ID_MJPEG),
    PNG(avcodec.AV_CODEC_ID_PNG),
    WEBP(avcodec.AV_CODEC_ID_WEBP),
    BMP(avcodec.AV_CODEC_ID_BMP),
    GIF(avcodec.AV_CODEC_ID_GIF);

    private final int codecId;

    PictureFormat(int codecId) {
        this.codecId = codecId;
    }

    /** FFmpeg's number for the decoder. */
    int codecId() {
        return codecId;
    }

    /** Tells the format of {@code bytes}, or refuses them. */
    static PictureFormat of(PictureBytes bytes) {
        if (bytes.has(0, "\u00ff\u00d8\u00ff")) {
            return JPEG;
        }
        if (bytes.has(0, "\u0089PNG\r\n\u001a\n")) {
            return PNG;
        }
        if (bytes.has(0, "RIFF") && bytes.has(8, "WEBP")) {
            return WEBP;
        }
        if (bytes.has(0, "GIF87a") || bytes.has(0, "GIF89a")) {
            return GIF;
        }
        if (bytes.has(0, "BM")) {
            return BMP;
        }
        throw bytes.failure(
                "it is no JPEG, PNG, WebP, BMP or GIF picture", "convert it to one of these, or leave it out");
    }
}
