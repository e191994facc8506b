package io.longreel.chaos.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.ChaosSettings.Action;
import io.longreel.config.RuntimeFailure;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class SoakCommandTest {
    @Test
    void shouldDrawFromEveryKindWithoutNames() {
        assertEquals(List.of(Action.values()), SoakCommand.kindsOf(List.of()));
    }

    @Test
    void shouldDrawFromTheNamedKinds() {
        assertEquals(
                List.of(Action.BIT_FLIP, Action.KILL), SoakCommand.kindsOf(List.of("bit-flip", "kill", "bit-flip")));
    }

    @Test
    void shouldNameTheKindsThatThereAre() {
        RuntimeFailure failure = assertThrows(RuntimeFailure.class, () -> SoakCommand.kindsOf(List.of("earthquake")));
        assertEquals(RuntimeFailure.Category.CONFIG, failure.category());
        assertTrue(failure.getMessage().contains("earthquake; there are kill, stop"), failure.getMessage());
    }

    @Test
    void shouldReadTimes() {
        assertEquals(Duration.ofMinutes(10), SoakCommand.timeOf("--for", "10m"));
        assertEquals(Duration.ofMillis(500), SoakCommand.timeOf("--every", " 500 ms "));
        assertThrows(RuntimeFailure.class, () -> SoakCommand.timeOf("--every", "soon"));
    }
}
