package io.longreel.model.shard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TokenRunTest {
    @Test
    void shouldCountTheTokensBeforeAnyOther() {
        for (int stride = 1; stride <= 4; stride++) {
            for (int first = 0; first <= 5; first++) {
                for (int count = 0; count <= 4; count++) {
                    TokenRun run = new TokenRun(first, count, stride);
                    int[] tokens = IntStream.range(0, count).map(run::token).toArray();
                    for (int i = 0; i < count; i++) {
                        assertEquals(first + i * stride, tokens[i]);
                    }
                    for (int token = 0; token <= 30; token++) {
                        int bound = token;
                        long before =
                                IntStream.of(tokens).filter(t -> t < bound).count();
                        assertEquals(before, run.before(token), run + " token=" + token);
                    }
                }
            }
        }
    }

    @Test
    void shouldHoldASpan() {
        assertEquals(new TokenRun(3, 4, 1), TokenRun.of(new Span(3, 7)));
    }

    @Test
    void shouldRefuseToRunBackwards() {
        assertThrows(IllegalArgumentException.class, () -> new TokenRun(-1, 0, 1));
        assertThrows(IllegalArgumentException.class, () -> new TokenRun(0, -1, 1));
        assertThrows(IllegalArgumentException.class, () -> new TokenRun(0, 0, 0));
    }
}
