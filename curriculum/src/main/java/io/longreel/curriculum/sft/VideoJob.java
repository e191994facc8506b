package io.longreel.curriculum.sft;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A video on its way through a build: cut into clips, which get captions in any order. It has a result when it came with one, trouble when
 * something went wrong (the first thing counts), and otherwise every caption when its last clip is through. Used by all threads.
 */
final class VideoJob implements AutoCloseable {

    /** A clip in the stream; the last one of a job lets the job go on. */
    record Turn(VideoJob job, Optional<Clip> clip, boolean isLast) {}

    private final VideoFile video;
    private final List<Clip> clips;
    private final Optional<VideoText> known;
    private final Map<Integer, String> captions = new HashMap<>();
    private String trouble = "";
    private boolean closed;
    private @Nullable ClipPictures pictures;

    private VideoJob(VideoFile video, List<Clip> clips, Optional<VideoText> known) {
        this.video = video;
        this.clips = List.copyOf(clips);
        this.known = known;
    }

    static VideoJob of(VideoFile video, List<Clip> clips) {
        return new VideoJob(video, clips, Optional.empty());
    }

    static VideoJob done(VideoFile video, VideoText known) {
        return new VideoJob(video, List.of(), Optional.of(known));
    }

    static VideoJob failed(VideoFile video, String trouble) {
        VideoJob job = of(video, List.of());
        job.fail(trouble);
        return job;
    }

    VideoFile video() {
        return video;
    }

    List<Clip> clips() {
        return clips;
    }

    Optional<VideoText> known() {
        return known;
    }

    /** One for each clip, at least one. */
    List<Turn> turns() {
        if (clips.isEmpty()) {
            return List.of(new Turn(this, Optional.empty(), true));
        }
        return clips.stream()
                .map(clip -> new Turn(this, Optional.of(clip), clip.index() == clips.size() - 1))
                .toList();
    }

    synchronized void fail(String reason) {
        trouble = trouble.isEmpty() ? reason : trouble;
    }

    /** Empty while all is well. */
    synchronized String trouble() {
        return trouble;
    }

    synchronized void caption(Clip clip, String caption) {
        captions.put(clip.index(), caption);
    }

    /** All captions, a line for each with its time. */
    synchronized String story() {
        if (captions.size() != clips.size()) {
            throw new IllegalStateException(
                    "every clip must have a caption: clips=%d captions=%d".formatted(clips.size(), captions.size()));
        }
        List<String> lines = new ArrayList<>();
        for (Clip clip : clips) {
            lines.add("[%s - %s] %s"
                    .formatted(Clip.clock(clip.fromMs()), Clip.clock(clip.toMs()), captions.get(clip.index())));
        }
        return String.join("\n", lines);
    }

    /** The frames of a clip; decodes. */
    List<ChatRequest.Picture> picturesOf(Clip clip, SftSettings.Looking looking) {
        ClipPictures open;
        synchronized (this) {
            if (closed) {
                throw new IllegalStateException("job is closed: video=" + video.path());
            }
            open = pictures;
            if (open == null) {
                open = ClipPictures.open(video.path(), looking.framesPerClip(), looking.side());
                pictures = open;
            }
        }
        return open.of(clip);
    }

    /** Gives the file back; closing twice is fine. */
    @Override
    public synchronized void close() {
        closed = true;
        if (pictures != null) {
            pictures.close();
            pictures = null;
        }
    }
}
