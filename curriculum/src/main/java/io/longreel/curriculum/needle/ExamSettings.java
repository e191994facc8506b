package io.longreel.curriculum.needle;

import io.longreel.config.RuntimeFailure;
import io.longreel.config.topology.Mesh;
import io.longreel.curriculum.chat.PromptEncoder;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * What is tested, and how.
 *
 * @param model folder in VILA's layout
 * @param haystack video files, one after the other
 * @param framesPerSecondMax frames that are taken of each second of footage; 0 = all
 * @param needles file of needles; empty = the program's own cards with digits
 * @param frames lengths to test; empty = {@code framesStep}, twice that, ... up to {@code framesMax}
 * @param framesMax empty = {@value #FRAMES_MAX_USUAL} as in the paper, or what the footage has
 * @param depths where needles lie, from 0, in front of everything, to 1
 * @param out folder of the results
 * @param isAnew whether cells that were tested before are tested again
 * @param encodedFrameBytes most memory for encoded frames that are kept
 */
public record ExamSettings(
        Path model,
        List<Path> haystack,
        double framesPerSecondMax,
        Optional<Path> needles,
        List<Integer> frames,
        Optional<Integer> framesMax,
        int framesStep,
        List<Double> depths,
        Path out,
        boolean isAnew,
        Mesh mesh,
        PromptEncoder.Options asking,
        By by,
        long encodedFrameBytes) {
    static final int FRAMES_MAX_USUAL = 6000;

    /** How a model is asked. */
    public enum By {
        /** It is shown the right answer, and counts as right when each token of it is the most likely one: one forward, as in the paper. */
        TEACHER,
        /** It writes an answer of its own. */
        GENERATION
    }

    public ExamSettings {
        haystack = List.copyOf(haystack);
        frames = List.copyOf(frames);
        depths = List.copyOf(depths);
        if (haystack.isEmpty()) {
            throw RuntimeFailure.config("a haystack needs at least one video file");
        }
        if (!(framesPerSecondMax >= 0 && Double.isFinite(framesPerSecondMax))) {
            throw RuntimeFailure.config("frames per second must be at least 0: fps=" + framesPerSecondMax);
        }
        requireFrames("frames", frames);
        requireFrames("frames-max", framesMax.stream().toList());
        requireFrames("frames-step", List.of(framesStep));
        if (depths.isEmpty() || depths.stream().anyMatch(depth -> !(depth >= 0 && depth <= 1))) {
            throw RuntimeFailure.config("depths of needles must lie between 0 and 1: depths=" + depths);
        }
    }

    private static void requireFrames(String name, List<Integer> counts) {
        if (counts.stream().anyMatch(count -> count < 1)) {
            throw RuntimeFailure.config("a haystack must have at least one frame: %s=%s"
                    .formatted(
                            name,
                            String.join(
                                    ",", counts.stream().map(String::valueOf).toList())));
        }
    }

    /** What is tested, in words. */
    String title() {
        String first = String.valueOf(haystack.getFirst().getFileName());
        String more = haystack.size() == 1 ? "" : " and %d more".formatted(haystack.size() - 1);
        return "%s%s, by %s"
                .formatted(first, more, model.toAbsolutePath().normalize().getFileName());
    }

    /** Lengths in ascending order, given what the footage has. */
    List<Integer> lengths(int footageFrames) {
        int most = framesMax.orElse(Math.min(FRAMES_MAX_USUAL, footageFrames));
        List<Integer> lengths = frames.isEmpty()
                ? IntStream.rangeClosed(1, most / framesStep)
                        .mapToObj(i -> i * framesStep)
                        .toList()
                : frames.stream().distinct().sorted().toList();
        String rate = framesPerSecondMax == 0 ? "" : " at %s frames per second".formatted(framesPerSecondMax);
        if (lengths.isEmpty()) {
            throw RuntimeFailure.config(
                    "no haystack is short enough to be tested: the shortest is to have %d frames and the longest %d, and the footage has %d%s; name shorter ones, or take more frames of a second"
                            .formatted(framesStep, most, footageFrames, rate));
        }
        if (lengths.getLast() > footageFrames) {
            throw RuntimeFailure.config(
                    "the footage is too short: the longest haystack is to have %d frames, and the footage has %d%s; give more footage, take more frames of a second, or test shorter ones"
                            .formatted(lengths.getLast(), footageFrames, rate));
        }
        return lengths;
    }
}
