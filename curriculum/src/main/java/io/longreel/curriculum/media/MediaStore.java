package io.longreel.curriculum.media;

import io.longreel.config.RuntimeFailure;
import io.longreel.curriculum.corpus.Medium;
import io.longreel.curriculum.image.ImageProcessor;
import io.longreel.curriculum.video.FrameStore;
import java.util.List;
import java.util.function.LongSupplier;

/** The media of a process's datasets. Shared by all ranks and decoding threads; closing it waits for who is reading. */
public final class MediaStore implements AutoCloseable {
    private final MediaBank bank;
    private final FrameStore frames;
    private final ImageProcessor processor;

    /** Frames decoded since it was opened, and the time that took, added over all threads. */
    public record Decoded(long frames, long timeNs) {}

    private MediaStore(MediaBank bank, FrameStore frames, ImageProcessor processor) {
        this.bank = bank;
        this.frames = frames;
        this.processor = processor;
    }

    /**
     * Opens a store of at most {@code capacityBytes} of decoded frames.
     *
     * @param clockNs of the decoding time
     */
    public static MediaStore open(ImageProcessor processor, long capacityBytes, LongSupplier clockNs) {
        MediaBank bank = new MediaBank(processor, clockNs);
        return new MediaStore(bank, FrameStore.open(bank, capacityBytes), processor);
    }

    /**
     * The frames of media one after the other; nothing is decoded yet.
     *
     * @throws io.longreel.config.RuntimeFailure of category DATA when one cannot be used
     */
    public MediaFrames frames(List<MediumView> media) {
        int[] numbers = new int[media.size()];
        int[] counts = new int[media.size()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = bank.number(media.get(i));
            counts[i] = bank.frameCount(numbers[i]);
        }
        return new MediaFrames(frames, processor, numbers, counts);
    }

    /** Looks at a medium anew when it is next asked for: its file has changed. Frames that were handed out before are not to be read any more. */
    public void forget(Medium medium) {
        bank.forget(medium);
    }

    /** What a medium is and how much of it is seen, or what is wrong with it. */
    public MediumFacts facts(MediumView view) {
        try {
            return MediumFacts.read(view.medium(), bank.frameCount(bank.number(view)));
        } catch (RuntimeFailure e) {
            if (e.category() != RuntimeFailure.Category.DATA) {
                throw e;
            }
            return MediumFacts.damaged(view.medium(), e.getMessage());
        }
    }

    public Decoded decoded() {
        return new Decoded(bank.decodedFrames(), bank.decodingNs());
    }

    @Override
    public void close() {
        frames.close();
    }
}
