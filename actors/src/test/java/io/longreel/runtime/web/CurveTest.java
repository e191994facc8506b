package io.longreel.runtime.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class CurveTest {
    private final Curve curve = new Curve();

    private static Curve.Point point(long step) {
        return new Curve.Point(step, 0, 1.0 / step, 1, 100);
    }

    private void fill(long from, long to) {
        for (long step = from; step <= to; step++) {
            curve.add(point(step));
        }
    }

    @Test
    void shouldGiveEachReaderWhatItDoesNotHaveYet() {
        fill(1, 3);
        Curve.Part first = curve.since(Curve.Mark.NOTHING);
        assertTrue(first.isWhole());
        assertEquals(List.of(point(1), point(2), point(3)), first.points());
        fill(4, 5);
        Curve.Part second = curve.since(first.mark());
        assertFalse(second.isWhole());
        assertEquals(List.of(point(4), point(5)), second.points());
        assertEquals(List.of(), curve.since(second.mark()).points());
    }

    @Test
    void shouldKeepAnEvenPartOfALongRunAndTellReadersToBeginAgain() {
        fill(1, Curve.POINTS_MAX);
        Curve.Mark mark = curve.since(Curve.Mark.NOTHING).mark();
        fill(Curve.POINTS_MAX + 1, 10L * Curve.POINTS_MAX);
        Curve.Part part = curve.since(mark);
        assertTrue(part.isWhole());
        assertTrue(part.points().size() <= Curve.POINTS_MAX, "" + part.points().size());
        assertTrue(
                part.points().size() > Curve.POINTS_MAX / 2 - 1,
                "" + part.points().size());
        long stride = part.points().get(1).step() - part.points().get(0).step();
        for (int i = 0; i < part.points().size(); i++) {
            assertEquals(1 + i * stride, part.points().get(i).step());
        }
    }
}
