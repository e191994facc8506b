package io.longreel.curriculum.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.model.bench.Growth;
import io.longreel.model.bench.Growth.Point;
import java.util.Collections;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class GrowthChartTest {
    /** Seconds grow linearly, operations stay: two decades to draw, and lines that part. */
    private static final Growth CURVE = new Growth(
            "step, tiny", "frames", List.of(new Point(1, 0.02, 5), new Point(10, 0.2, 5), new Point(100, 2, 5)));

    @Test
    void shouldDrawAFieldForEachCurve() {
        assertEquals(520, GrowthChart.of(List.of(CURVE)).width());
        GrowthChart three = GrowthChart.of(Collections.nCopies(3, CURVE));
        assertEquals(2 * 520, three.width());
        assertEquals(2 * 340, three.height());
        assertEquals(3, three.svg().split("step, tiny", -1).length - 1);
        assertTrue(three.png().length > 0);
    }

    @Test
    void shouldDrawPowersAsStraightLines() {
        String svg = GrowthChart.of(List.of(CURVE)).svg();
        assertTrue(svg.contains(">0.05<") && svg.contains(">0.5<") && svg.contains(">2<"), svg);
        // Of the points' marks, the middle one lies half way.
        Matcher mark = Pattern.compile("<rect x=\"([\\d.]+)\" y=\"([\\d.]+)\" width=\"7[.0]*\"")
                .matcher(svg);
        double[] x = new double[3];
        double[] y = new double[3];
        for (int i = 0; i < 3; i++) {
            assertTrue(mark.find(), svg);
            x[i] = Double.parseDouble(mark.group(1));
            y[i] = Double.parseDouble(mark.group(2));
        }
        assertEquals((x[0] + x[2]) / 2, x[1], 0.2);
        assertEquals((y[0] + y[2]) / 2, y[1], 0.2);
        assertTrue(y[0] > y[2], "more seconds are further up");
    }
}
