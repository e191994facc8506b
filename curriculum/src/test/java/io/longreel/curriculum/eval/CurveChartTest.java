package io.longreel.curriculum.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.curriculum.eval.CurveChart.Axis;
import io.longreel.curriculum.eval.CurveChart.Curve;
import io.longreel.curriculum.eval.CurveChart.Field;
import io.longreel.curriculum.eval.CurveChart.Point;
import io.longreel.curriculum.eval.CurveChart.Tick;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class CurveChartTest {
    private static final Field FIELD = new Field(
            "seconds of a step",
            new Axis("tokens", true, List.of(new Tick(1, "1K"), new Tick(100, "100K"))),
            Axis.logarithmic("seconds"),
            List.of(
                    new Curve("planned", 0, false, List.of(new Point(1, 0.02), new Point(100, 2))),
                    new Curve("measured", 0, true, List.of(new Point(10, 0.2)))));

    @Test
    void shouldDrawAFieldForEachGroupWithItsLegend() {
        assertEquals(
                CurveChart.of(List.of(FIELD)).width() * 2,
                CurveChart.of(List.of(FIELD, FIELD)).width());
        String svg = CurveChart.of(Collections.nCopies(3, FIELD)).svg();
        for (String text : List.of("seconds of a step", "planned", "measured", ">100K<", ">0.05<", ">1<")) {
            assertTrue(svg.split(text, -1).length > 3, text);
        }
        assertTrue(CurveChart.of(List.of(FIELD)).png().length > 0);
    }

    @Test
    void shouldDrawASinglePointAndEqualValues() {
        for (Axis axis : List.of(Axis.linear("x"), Axis.logarithmic("x"))) {
            Field one = new Field("one", axis, axis, List.of(new Curve("c", 9, false, List.of(new Point(5, 5)))));
            assertTrue(!CurveChart.of(List.of(one)).svg().contains("NaN"), axis::toString);
        }
        assertThrows(
                IllegalArgumentException.class, () -> new Field("none", Axis.linear("x"), Axis.linear("y"), List.of()));
    }
}
