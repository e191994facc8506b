package io.longreel.curriculum.media;

import io.longreel.config.RuntimeFailure;
import io.longreel.config.StageSettings.Aspect;
import io.longreel.curriculum.corpus.Medium;
import io.longreel.curriculum.image.FrameFolder;
import io.longreel.curriculum.image.ImageLayout;
import io.longreel.curriculum.image.ImageProcessor;
import io.longreel.curriculum.image.Picture;
import io.longreel.curriculum.image.PictureFile;
import io.longreel.curriculum.video.FrameBank;
import io.longreel.curriculum.video.FrameSampling;
import io.longreel.curriculum.video.VideoReader;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;

/**
 * The media that samples have asked for, numbered in the order in which they did. A medium is looked at once, for its number of frames, and a few numbers of it
 * are kept; what is wrong with one is kept too, and said again. Safe for use by several threads.
 */
final class MediaBank implements FrameBank {
    /** Files that stay open when nobody reads them: neighbouring chunks of a video are read one after the other. */
    private static final int IDLE_READERS_MAX = 8;

    /** What a medium turned out to be. */
    private sealed interface Entry {
        /** Frames that a model sees. */
        int frames();

        /**
         * @param total frames of the file or folder
         */
        record Moving(MediumView view, int frames, int total, double seconds) implements Entry {
            private int[] sampled() {
                return FrameSampling.limited(
                        total, seconds, view.look().framesMax(), view.look().framesPerSecondMax());
            }
        }

        record Still(MediumView view, int frames) implements Entry {}

        record Unusable(String message) implements Entry {
            @Override
            public int frames() {
                throw RuntimeFailure.data(message);
            }
        }
    }

    private final ImageProcessor processor;
    private final ReaderShelf readers;
    private final LongSupplier clockNs;
    private final Map<MediumView, Integer> numbers = new HashMap<>();
    private final List<Entry> entries = new ArrayList<>();
    private final LongAdder decodedFrames = new LongAdder();
    private final LongAdder decodingNs = new LongAdder();

    MediaBank(ImageProcessor processor, LongSupplier clockNs) {
        this.processor = processor;
        this.clockNs = clockNs;
        this.readers = new ReaderShelf(processor.imageSize(), IDLE_READERS_MAX);
    }

    /**
     * The number of a medium.
     *
     * @throws RuntimeFailure of category DATA when it has no frames that could be shown
     */
    int number(MediumView view) {
        synchronized (numbers) {
            Integer known = numbers.get(view);
            if (known != null) {
                entries.get(known).frames();
                return known;
            }
        }
        // Not under the lock: this may read a whole file. Two threads that look at the same medium find the same.
        Entry found = look(view);
        int number;
        synchronized (numbers) {
            Integer known = numbers.get(view);
            number = known == null ? entries.size() : known;
            if (known == null) {
                entries.add(found);
                numbers.put(view, number);
            }
        }
        found.frames();
        return number;
    }

    /** The file of a medium is not what it was: who asks next gets another number, and what it is now. */
    void forget(Medium medium) {
        synchronized (numbers) {
            numbers.keySet().removeIf(view -> view.medium().equals(medium));
        }
        readers.forget(medium);
    }

    private Entry look(MediumView view) {
        Medium medium = view.medium();
        try {
            if (medium.kind() == Medium.Kind.IMAGE) {
                // Decoded once by every process, so that all find the same pictures unusable when a sample is drawn,
                // not one of them when it reads.
                return new Entry.Still(
                        view, layout(view).cut(picture(medium).read()).size());
            }
            if (Files.isDirectory(medium.file())) {
                FrameFolder folder = FrameFolder.open(medium.file());
                Entry.Moving moving = moving(view, folder.frameCount(), 0);
                for (int frame : moving.sampled()) {
                    folder.file(frame).requireWhole();
                }
                return moving;
            }
            try (ReaderShelf.Loan loan = readers.borrow(medium)) {
                VideoReader reader = loan.reader();
                return moving(view, reader.frameCount(), reader.durationSeconds());
            }
        } catch (RuntimeFailure e) {
            if (e.category() != RuntimeFailure.Category.DATA) {
                throw e;
            }
            return new Entry.Unusable(e.getMessage());
        }
    }

    /** A folder of frames has no times: only their number is limited. */
    private static Entry.Moving moving(MediumView view, int total, double seconds) {
        double fps = seconds > 0 ? view.look().framesPerSecondMax() : 0;
        int frames = FrameSampling.limited(total, seconds, view.look().framesMax(), fps).length;
        return new Entry.Moving(view, frames, total, seconds);
    }

    private static PictureFile picture(Medium medium) {
        return medium.length() == Medium.WHOLE_FILE
                ? PictureFile.at(medium.file())
                : PictureFile.within(medium.file(), "bytes from " + medium.offset(), medium.offset(), medium.length());
    }

    @Override
    public long frameBytes() {
        return 3L * processor.imageSize() * processor.imageSize();
    }

    @Override
    public int frameCount(int video) {
        return entry(video).frames();
    }

    @Override
    public void read(Stretch stretch, MemorySegment rgb_Fhw3) {
        long startNs = clockNs.getAsLong();
        switch (entry(stretch.video())) {
            case Entry.Moving moving -> readMoving(moving, stretch, rgb_Fhw3);
            case Entry.Still still -> readStill(still, stretch, rgb_Fhw3);
            case Entry.Unusable unusable -> throw RuntimeFailure.data(unusable.message());
        }
        decodingNs.add(clockNs.getAsLong() - startNs);
        decodedFrames.add(stretch.to() - (long) stretch.from());
    }

    private void readMoving(Entry.Moving moving, Stretch stretch, MemorySegment rgb_Fhw3) {
        Medium medium = moving.view().medium();
        int[] frames = Arrays.copyOfRange(moving.sampled(), stretch.from(), stretch.to());
        if (!Files.isDirectory(medium.file())) {
            try (ReaderShelf.Loan loan = readers.borrow(medium)) {
                loan.reader().read(frames, rgb_Fhw3);
            }
            return;
        }
        FrameFolder folder = FrameFolder.open(medium.file());
        for (int i = 0; i < frames.length; i++) {
            List<Picture> squares = frameLayout(moving.view()).cut(folder.read(frames[i]));
            copy(processor.fit(squares.getFirst()), i, rgb_Fhw3);
        }
    }

    private void readStill(Entry.Still still, Stretch stretch, MemorySegment rgb_Fhw3) {
        Picture picture = picture(still.view().medium()).read();
        List<Picture> tiles = layout(still.view()).cut(picture);
        for (int i = stretch.from(); i < stretch.to(); i++) {
            copy(processor.fit(tiles.get(i)), i - stretch.from(), rgb_Fhw3);
        }
    }

    private ImageLayout layout(MediumView view) {
        MediumView.Look look = view.look();
        return ImageLayout.of(look.aspect(), processor, ImageLayout.TILES_MIN, look.tilesMax());
    }

    /** Of the many frames of a video none is shown in parts. */
    private ImageLayout frameLayout(MediumView view) {
        Aspect aspect = view.look().aspect() == Aspect.PAD ? Aspect.PAD : Aspect.RESIZE;
        return ImageLayout.of(aspect, processor);
    }

    private void copy(Picture picture, int frame, MemorySegment rgb_Fhw3) {
        picture.copyTo(rgb_Fhw3.asSlice(frame * frameBytes(), frameBytes()));
    }

    private Entry entry(int number) {
        synchronized (numbers) {
            return entries.get(number);
        }
    }

    long decodedFrames() {
        return decodedFrames.sum();
    }

    /** Time that threads spent in decoding, added over all of them. */
    long decodingNs() {
        return decodingNs.sum();
    }

    @Override
    public void close() {
        readers.close();
    }
}
