package io.longreel.model.shard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class SpanTest {
    @Test
    void shouldRefuseToRunBackwardsOrFromBelowZero() {
        assertThrows(IllegalArgumentException.class, () -> new Span(-1, 0));
        assertThrows(IllegalArgumentException.class, () -> new Span(2, 1));
        assertEquals(0, new Span(0, 0).size());
        assertEquals(0, new Span(3, 3).size());
        assertEquals(2, new Span(3, 5).size());
    }

    @Test
    void shouldContainItsFirstRowAndNotItsEnd() {
        Span span = new Span(2, 4);
        assertFalse(span.contains(1));
        assertTrue(span.contains(2));
        assertTrue(span.contains(3));
        assertFalse(span.contains(4));
    }

    @Test
    void shouldShareWhatBothHold() {
        assertEquals(new Span(4, 5), new Span(2, 5).intersect(new Span(4, 9)));
        assertEquals(new Span(4, 5), new Span(4, 9).intersect(new Span(2, 5)));
        assertEquals(new Span(3, 4), new Span(0, 10).intersect(new Span(3, 4)));
        assertEquals(0, new Span(2, 5).intersect(new Span(5, 9)).size());
        assertEquals(0, new Span(2, 3).intersect(new Span(7, 9)).size());
        assertEquals(0, new Span(7, 9).intersect(new Span(2, 3)).size());
    }

    @Test
    void shouldCutEvenlyWithTheLargerPartsFirst() {
        for (int parts = 1; parts <= 7; parts++) {
            for (int count = 0; count <= 25; count++) {
                int end = 0;
                for (int part = 0; part < parts; part++) {
                    Span span = Span.part(count, parts, part);
                    assertEquals(end, span.from());
                    assertEquals(count / parts + (part < count % parts ? 1 : 0), span.size());
                    end = span.to();
                }
                assertEquals(count, end);
            }
        }
    }
}
