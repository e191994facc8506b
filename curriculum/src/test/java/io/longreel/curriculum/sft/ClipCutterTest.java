package io.longreel.curriculum.sft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.curriculum.TestFootage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

final class ClipCutterTest {
    @Test
    void shouldCutAtMarksWhenNoShotChangesNearThem() {
        assertEquals(List.of(0L, 10_000L, 20_000L, 30_000L, 34_000L), edges(34, 10, 2.0, 25.5, 33.9));
    }

    @Test
    void shouldCutAtTheChangeNearestToTheMark() {
        assertEquals(List.of(0L, 9_000L, 22_000L, 32_000L, 38_000L), edges(38, 10, 7.0, 9.0, 12.5, 22.0));
    }

    @Test
    void shouldLeaveAShortRestWithTheClipBeforeIt() {
        assertEquals(List.of(0L, 10_000L, 22_900L), edges(22.9, 10));
        assertEquals(List.of(0L, 10_000L, 20_000L, 23_000L), edges(23, 10));
        assertEquals(List.of(0L, 2_000L), edges(2, 10));
        assertEquals(List.of(0L, 12_000L), edges(12, 10, 11.0));
    }

    @Test
    void shouldNeverMakeAClipShorterThanThreeSeconds() {
        double[] everywhere = new double[400];
        Arrays.setAll(everywhere, i -> i * 0.25);
        List<Long> edges = edges(100, 4, everywhere);
        for (int i = 1; i < edges.size(); i++) {
            assertTrue(edges.get(i) - edges.get(i - 1) >= 3_000, edges::toString);
        }
        assertEquals(100_000, edges.getLast());
    }

    /** Cuts that are found a little late are put right when they are used. */
    @Test
    void shouldAskForTheExactTimeOfCutsThatAreUsed() {
        List<Clip> clips = ClipCutter.clips(
                30,
                List.of(new ShotCuts.Cut(1, 2, 10.2), new ShotCuts.Cut(3, 4, 15)),
                10,
                cut -> OptionalDouble.of(cut.seconds() - 0.15));
        assertEquals(new Clip(0, 0, 10_050), clips.getFirst());
    }

    @Test
    void shouldTakeTheNextNearestChangeWhenTheNearestIsNone() {
        List<ShotCuts.Cut> changes = List.of(new ShotCuts.Cut(1, 2, 8), new ShotCuts.Cut(3, 4, 10.5));
        List<Clip> clips = ClipCutter.clips(
                30, changes, 10, cut -> cut.before() == 3 ? OptionalDouble.empty() : OptionalDouble.of(cut.seconds()));
        assertEquals(new Clip(0, 0, 8_000), clips.getFirst());
    }

    @Test
    void shouldCutRealFootageFromBeginningToEnd() {
        for (Path video : TestFootage.realVideos()) {
            List<Clip> clips = ClipCutter.cut(video, new SftSettings.Cutting(4, 0.3));
            for (int i = 1; i < clips.size(); i++) {
                assertEquals(clips.get(i - 1).toMs(), clips.get(i).fromMs(), video::toString);
            }
            assertEquals(0, clips.getFirst().fromMs());
        }
    }

    private static List<Long> edges(double durationSeconds, double clipSeconds, double... cuts) {
        List<ShotCuts.Cut> found = Arrays.stream(cuts)
                .mapToObj(seconds -> new ShotCuts.Cut(0, 1, seconds))
                .toList();
        List<Clip> clips =
                ClipCutter.clips(durationSeconds, found, clipSeconds, cut -> OptionalDouble.of(cut.seconds()));
        List<Long> edges = new ArrayList<>();
        edges.add(clips.getFirst().fromMs());
        clips.forEach(clip -> edges.add(clip.toMs()));
        return edges;
    }
}
