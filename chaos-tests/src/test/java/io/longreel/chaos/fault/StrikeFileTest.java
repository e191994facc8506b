package io.longreel.chaos.fault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.ChaosSettings.Action;
import io.longreel.config.ChaosSettings.Phase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StrikeFileTest {
    @TempDir
    private Path run;

    private static Strike strike(Action action, int rank) {
        return new Strike(3, 0, action, Phase.IDLE, rank, "node-0", "node-0/1", 1, 0, 5, 1);
    }

    @Test
    void shouldCountStrikesOfAllProcesses() {
        StrikeFile one = new StrikeFile(run);
        StrikeFile another = new StrikeFile(run);
        assertEquals(1, one.claim(2, strike(Action.FAIL, 0)).orElseThrow().number());
        assertEquals(2, another.claim(2, strike(Action.FAIL, 1)).orElseThrow().number());
        assertTrue(one.claim(2, strike(Action.FAIL, 0)).isEmpty());
        assertEquals(2, one.strikes().size());
    }

    @Test
    void shouldCountEachSenderWhereLinksSuffer() {
        StrikeFile file = new StrikeFile(run);
        assertTrue(file.claim(1, strike(Action.CORRUPT, 0)).isPresent());
        assertFalse(file.isSpent(3, Action.CORRUPT, 1));
        assertTrue(file.claim(1, strike(Action.CORRUPT, 1)).isPresent());
        assertTrue(file.isSpent(3, Action.CORRUPT, 0));
    }

    /** Ranks come to the place of a fault in every step: reading the file each time made disturbed runs a fifth slower. */
    @Test
    void shouldNotLookAtTheFileForAFaultThatIsSpent() throws IOException {
        StrikeFile file = new StrikeFile(run);
        assertTrue(file.claim(1, strike(Action.KILL, 0)).isPresent());
        assertTrue(file.isSpent(3, Action.KILL, 2), "any rank's strike counts");
        Files.delete(run.resolve(StrikeFile.NAME));
        assertTrue(file.claim(1, strike(Action.KILL, 2)).isEmpty());
        assertFalse(Files.exists(run.resolve(StrikeFile.NAME)));
    }

    @Test
    void shouldNeverCallAFaultSpentThatStrikesEachTime() {
        StrikeFile file = new StrikeFile(run);
        assertTrue(file.claim(0, strike(Action.FAIL, 0)).isPresent());
        assertFalse(file.isSpent(3, Action.FAIL, 0));
        assertEquals(2, file.claim(0, strike(Action.FAIL, 0)).orElseThrow().number());
    }
}
