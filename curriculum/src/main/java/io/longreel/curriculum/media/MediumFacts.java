package io.longreel.curriculum.media;

import io.longreel.curriculum.corpus.Medium;
import io.longreel.curriculum.image.FrameFolder;
import io.longreel.curriculum.image.PictureFile;
import io.longreel.curriculum.image.PictureSize;
import io.longreel.curriculum.video.VideoReader;
import java.nio.file.Files;
import java.util.Optional;

/**
 * What a medium is, for who wants to know.
 *
 * @param shown frames that a model sees, or tiles of an image
 * @param frames that it has; 1 for an image
 * @param width in pixels, as it is looked at; of a folder that of its first picture
 * @param seconds that a video lasts; 0 = it has no times
 * @param fault why it cannot be used, in one line; all numbers are 0 then
 */
public record MediumFacts(
        Medium medium, int shown, int frames, int width, int height, double seconds, Optional<String> fault) {

    static MediumFacts damaged(Medium medium, String fault) {
        return new MediumFacts(medium, 0, 0, 0, 0, 0, Optional.of(fault));
    }

    /** Reads a medium's header. */
    static MediumFacts read(Medium medium, int shown) {
        if (medium.kind() == Medium.Kind.IMAGE) {
            return of(medium, shown, 1, picture(medium).size());
        }
        if (Files.isDirectory(medium.file())) {
            FrameFolder folder = FrameFolder.open(medium.file());
            return of(medium, shown, folder.frameCount(), folder.file(0).size());
        }
        try (VideoReader reader = video(medium)) {
            return new MediumFacts(
                    medium,
                    shown,
                    reader.frameCount(),
                    reader.width(),
                    reader.height(),
                    reader.durationSeconds(),
                    Optional.empty());
        }
    }

    private static MediumFacts of(Medium medium, int shown, int frames, PictureSize size) {
        return new MediumFacts(medium, shown, frames, size.width(), size.height(), 0, Optional.empty());
    }

    private static PictureFile picture(Medium medium) {
        return medium.length() == Medium.WHOLE_FILE
                ? PictureFile.at(medium.file())
                : PictureFile.within(medium.file(), "bytes from " + medium.offset(), medium.offset(), medium.length());
    }

    /** No frame of it is asked for. */
    private static VideoReader video(Medium medium) {
        return medium.length() == Medium.WHOLE_FILE
                ? VideoReader.open(medium.file(), 1)
                : VideoReader.open(medium.file(), medium.offset(), medium.length(), 1);
    }
}
