package io.longreel.curriculum.corpus;

import io.longreel.curriculum.corpus.Medium.Kind;
import io.longreel.curriculum.text.Turn;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The tags {@code <image>}, {@code <video>} and {@code <vila/video>} in messages. They stand for media that the model gets in front of the
 * first message anyway, so they are removed with the line break behind them; a record that has some must have as many as media, as otherwise
 * a medium was lost on the way. Pure.
 */
final class MediaTags {
    private static final Pattern TAG = Pattern.compile("<(image|video|vila/video)>\n?");

    private MediaTags() {}

    /** The same turns without tags, and without blanks at their ends. */
    static List<Turn> removed(List<Turn> turns, List<Medium> media, Place place) {
        int images = 0;
        int videos = 0;
        List<Turn> clean = new ArrayList<>(turns.size());
        for (Turn turn : turns) {
            Matcher tags = TAG.matcher(turn.text());
            StringBuilder text = new StringBuilder(turn.text().length());
            while (tags.find()) {
                if (tags.group(1).equals("image")) {
                    images++;
                } else {
                    videos++;
                }
                tags.appendReplacement(text, "");
            }
            clean.add(new Turn(turn.role(), tags.appendTail(text).toString().strip()));
        }
        int imageMedia = count(media, Kind.IMAGE);
        int videoMedia = media.size() - imageMedia;
        if (imageMedia == 0 && videoMedia > 0 && videos == 0) {
            // Video sets of the LLaVA family write <image> for a video, too.
            videos = images;
            images = 0;
        }
        requireEqual("<image>", images, "image", imageMedia, place);
        requireEqual("<video>", videos, "video", videoMedia, place);
        return clean;
    }

    private static void requireEqual(String tag, int tags, String kind, int media, Place place) {
        if (tags != 0 && tags != media) {
            throw place.damaged(
                    "the texts must have a %s tag for each %s or none at all: tags=%d media=%d; correct the record or leave it out by a subset"
                            .formatted(tag, kind, tags, media));
        }
    }

    private static int count(List<Medium> media, Kind kind) {
        return (int) media.stream().filter(medium -> medium.kind() == kind).count();
    }
}
