package io.longreel.curriculum.eval.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.RuntimeFailure;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

final class SubtitleFileTest {
    private static final Path FILE = Path.of("a.srt");

    @Test
    void shouldReadSubRipInOrderAndWithoutTags() {
        SubtitleFile file = SubtitleFile.subRip(FILE, """
                \uFEFF2
                00:00:02,500 --> 00:00:03,000
                <font color="white" size=".72c">second</font> <i>left out</i>

                1
                00:00:01,000 --> 00:00:02,500 X1:40
                <i>first</i>
                of two lines

                3
                01:00:00.5 --> 01:00:01
                {\\an8}late

                4
                00:00:05,000 --> 00:00:06,000

                """.replace("\n", "\r\n"));
        assertEquals(
                List.of(
                        new SubtitleFile.Cue(1, 2.5, "first of two lines"),
                        new SubtitleFile.Cue(2.5, 3, "second"),
                        new SubtitleFile.Cue(3600.5, 3601, "late")),
                file.cues());
    }

    @Test
    void shouldTakeWhatStandsUnderAFrameOnce() {
        SubtitleFile file = SubtitleFile.subRip(FILE, """
                1
                00:00:00,000 --> 00:00:01,000
                one

                2
                00:00:01,000 --> 00:00:02,000
                two

                3
                00:00:02,000 --> 00:00:03,000
                one
                """);
        assertEquals(List.of("one"), file.at(new double[] {0.5, 0.9, 2.5}, 0));
        assertEquals(List.of("two"), file.at(new double[] {1}, 0)); // [start, end)
        assertEquals(List.of("one", "two"), file.at(new double[] {0, 1}, 0));
        assertEquals(List.of(), file.at(new double[] {3}, 0));
        assertEquals(List.of("two"), file.at(new double[] {0}, 1.5));
        assertEquals(List.of("one", "two"), file.all());
    }

    @Test
    void shouldReadTheTwoFormsOfLongVideoBench() {
        assertEquals(
                List.of(new SubtitleFile.Cue(0.5, 2, "a"), new SubtitleFile.Cue(2, Double.MAX_VALUE, "b")),
                SubtitleFile.json(FILE, """
                        [{"timestamp": [2, null], "text": "b"}, {"timestamp": [0.5, 2], "text": "a"}]""").cues());
        assertEquals(
                List.of(new SubtitleFile.Cue(1.5, 62, "c")),
                SubtitleFile.json(FILE, """
                        [{"start": "00:00:01.500", "end": "00:01:02", "line": "c"}]""").cues());
    }

    @Test
    void shouldNameTheLineOfATimeThatIsNone() {
        RuntimeFailure failure =
                assertThrows(RuntimeFailure.class, () -> SubtitleFile.subRip(FILE, "1\n00:00:: --> 00:00:1\nx\n"));
        assertTrue(failure.getMessage().startsWith("a.srt line 2: a time must be written"), failure.getMessage());
    }
}
