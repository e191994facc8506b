package io.longreel.model.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SampleLedgerTest {
    private static final SampleLedger TWO_STEPS =
            SampleLedger.EMPTY.consume("a", 3).consume("b", 4);

    @Test
    void shouldCountSamplesAndNameTheStepsThatWereLeftOut() {
        SampleLedger ledger = TWO_STEPS.skip("c", 2, "not finite").consume("d", 5);
        assertEquals(12, ledger.samples());
        assertEquals(List.of(new SampleLedger.Skipped(2, "not finite")), ledger.skipped());
    }

    @Test
    void shouldHaveAnotherHashWhenAnythingAboutTheOrderOrTheSamplesIsDifferent() {
        Set<String> others = Set.of(
                SampleLedger.EMPTY.sha256(),
                SampleLedger.EMPTY.consume("b", 4).consume("a", 3).sha256(),
                SampleLedger.EMPTY.consume("a", 4).consume("b", 3).sha256(),
                SampleLedger.EMPTY.consume("a", 3).skip("b", 1, "").sha256(),
                SampleLedger.EMPTY.consume("a", 3).sha256(),
                TWO_STEPS.consume("b", 4).sha256());
        assertEquals(6, others.size());
        others.forEach(other -> assertNotEquals(TWO_STEPS.sha256(), other));
        assertEquals(TWO_STEPS, SampleLedger.EMPTY.consume("a", 3).consume("b", 4));
    }

    @Test
    void shouldKeepItsHashInFutureVersions() {
        assertEquals("aedfa6e83b2041c4eb58299d772698e42e15778b5d22070672816943ea6d5fb9", TWO_STEPS.sha256());
    }
}
