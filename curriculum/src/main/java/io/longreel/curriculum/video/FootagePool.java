package io.longreel.curriculum.video;

import io.longreel.config.DataSettings.Sampling;
import io.longreel.config.RuntimeFailure;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * All footage of a run as one row of frames: the sampled frames of the first file, then those of the second, and so on. One reader per file, each
 * behind its own lock, so that several threads may decode at a time as long as they want different files.
 */
public final class FootagePool implements FrameBank {

    private final List<VideoReader> videos;
    /** For each video, the frames that are used, by their number in the file. */
    private final List<int[]> sampled;

    private final List<ReentrantLock> locks;
    /** Frames before each video; one more entry than videos. */
    private final int[] starts;

    private final int imageSize;

    private FootagePool(List<VideoReader> videos, List<int[]> sampled, int[] starts, int imageSize) {
        this.videos = List.copyOf(videos);
        this.sampled = List.copyOf(sampled);
        this.locks = videos.stream().map(video -> new ReentrantLock()).toList();
        this.starts = starts;
        this.imageSize = imageSize;
    }

    /** Footage that is not there: samples can be cut from it, and no frame of it read. */
    public static FootagePool absent(int frameCount, int imageSize) {
        return new FootagePool(List.of(), List.of(), new int[] {frameCount}, imageSize);
    }

    /** All frames of all files. */
    public static FootagePool open(List<Path> files, int imageSize) {
        return open(files, imageSize, new Sampling(Integer.MAX_VALUE, 0));
    }

    /** Opens every file, or none: the first that is wrong is reported and those before it are closed. */
    public static FootagePool open(List<Path> files, int imageSize, Sampling sampling) {
        if (files.isEmpty()) {
            throw RuntimeFailure.config("footage needs at least one video file");
        }
        List<VideoReader> videos = new ArrayList<>();
        List<int[]> sampled = new ArrayList<>();
        try {
            int[] starts = new int[files.size() + 1];
            for (int i = 0; i < files.size(); i++) {
                VideoReader video = VideoReader.open(files.get(i), imageSize);
                videos.add(video);
                sampled.add(FrameSampling.limited(
                        video.frameCount(),
                        video.durationSeconds(),
                        sampling.framesMax(),
                        sampling.framesPerSecondMax()));
                starts[i + 1] = Math.addExact(starts[i], sampled.get(i).length);
            }
            return new FootagePool(videos, sampled, starts, imageSize);
        } catch (RuntimeException e) {
            videos.forEach(VideoReader::close);
            throw e;
        }
    }

    public int frameCount() {
        return starts[videos.size()];
    }

    public int imageSize() {
        return imageSize;
    }

    @Override
    public long frameBytes() {
        return 3L * imageSize() * imageSize();
    }

    public int videoCount() {
        return videos.size();
    }

    @Override
    public int frameCount(int video) {
        return sampled.get(video).length;
    }

    /** The video that holds a frame of the row. */
    public int videoOf(int frame) {
        if (videos.isEmpty()) {
            throw new IllegalStateException("footage must be there to be read: frame=" + frame);
        }
        if (frame < 0 || frame >= frameCount()) {
            throw new IllegalArgumentException(
                    "frame must lie in the footage: frame=%d frameCount=%d".formatted(frame, frameCount()));
        }
        int video = 0;
        while (starts[video + 1] <= frame) {
            video++;
        }
        return video;
    }

    /** Number, in the row, of a video's first frame. */
    public int start(int video) {
        return starts[video];
    }

    /** Waits while another thread uses the same video. */
    @Override
    public void read(Stretch stretch, MemorySegment rgb_Fhw3) {
        ReentrantLock lock = locks.get(stretch.video());
        lock.lock();
        try {
            int[] frames = Arrays.copyOfRange(sampled.get(stretch.video()), stretch.from(), stretch.to());
            videos.get(stretch.video()).read(frames, rgb_Fhw3);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        videos.forEach(VideoReader::close);
    }
}
