package io.longreel.transport.fault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.transport.fault.LinkFault.Action;
import io.longreel.transport.fault.LinkRule.Effect;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SwitchedFaultTest {
    private static final long ALWAYS = Long.MAX_VALUE;

    private final SwitchedFault fault = new SwitchedFault();

    @Test
    void shouldStrikeOnceWhereItIsMeantWhenSwitchedOn() {
        fault.on(LinkRule.strike("flip", Effect.CORRUPT, Set.of(1), Set.of(0, 2))
                .inGeneration(3)
                .frames(10, 20));
        assertEquals(Action.DELIVER, fault.onFrame(3, 1, 0, 9));
        assertEquals(Action.DELIVER, fault.onFrame(3, 1, 0, 20));
        assertEquals(Action.DELIVER, fault.onFrame(4, 1, 0, 10));
        assertEquals(Action.DELIVER, fault.onFrame(3, 0, 1, 10));
        assertEquals(0, fault.struck("flip"));
        assertEquals(Action.CORRUPT, fault.onFrame(3, 1, 2, 10));
        assertEquals(Action.DELIVER, fault.onFrame(3, 1, 0, 10));
        assertEquals(1, fault.struck("flip"));
    }

    @Test
    void shouldHoldOneDirectionUntilSwitchedOffWhenPartitioned() {
        fault.on(LinkRule.partition("cut off", Set.of(2), Set.of(0, 1)));
        for (int poll = 0; poll < 100; poll++) {
            assertEquals(Action.HOLD, fault.onFrame(1, 2, 0, 7));
            assertEquals(Action.HOLD, fault.onFrame(1, 2, 1, 5));
            assertEquals(Action.DELIVER, fault.onFrame(1, 0, 2, poll));
        }
        assertEquals(2, fault.struck("cut off"), "a held frame counts once");
        assertTrue(fault.off("cut off"));
        assertFalse(fault.off("cut off"));
        assertEquals(Action.DELIVER, fault.onFrame(1, 2, 0, 7));
        assertEquals(2, fault.struck("cut off"), "what struck is kept");
    }

    @Test
    void shouldHoldBeforeItStrikesWhenSeveralRulesMeanAFrame() {
        fault.on(LinkRule.strike("drop", Effect.DROP, Set.of(0), Set.of(1)));
        fault.on(LinkRule.partition("cut off", Set.of(0), Set.of(1)));
        assertEquals(Action.HOLD, fault.onFrame(1, 0, 1, 0));
        assertEquals(0, fault.struck("drop"));
        fault.off("cut off");
        assertEquals(Action.DROP, fault.onFrame(1, 0, 1, 0));
        assertEquals(1, fault.struck("drop"));
    }

    @Test
    void shouldDelayTheSameWayWhenTheSeedIsTheSame() {
        List<Integer> delays = delays(5);
        assertEquals(delays, delays(5));
        assertNotEquals(delays, delays(6));
        assertTrue(delays.stream().allMatch(polls -> polls >= 0 && polls <= 4), delays::toString);
        assertEquals(Set.of(0, 1, 2, 3, 4), Set.copyOf(delays));
    }

    private static List<Integer> delays(long seed) {
        SwitchedFault fault = new SwitchedFault();
        fault.on(LinkRule.delay("late", Set.of(0), Set.of(1), 4, seed));
        List<Integer> delays = new ArrayList<>();
        for (long sequence = 0; sequence < 100; sequence++) {
            int polls = 0;
            while (fault.onFrame(1, 0, 1, sequence) == Action.HOLD) {
                polls++;
            }
            delays.add(polls);
        }
        assertEquals(delays.stream().filter(polls -> polls > 0).count(), fault.struck("late"));
        return delays;
    }

    @Test
    void shouldStrikeAboutItsShareAndElsewhereInTheNextGenerationWhenDrawn() {
        fault.on(LinkRule.strike("loss", Effect.DROP, Set.of(0), Set.of(1)).share(0.1, ALWAYS, 42));
        List<Long> first = struckFrames(1);
        List<Long> second = struckFrames(2);
        assertTrue(first.size() > 60 && first.size() < 140, "seed=42 struck=" + first.size());
        assertNotEquals(first, second, "a replayed step must not meet the same faults for ever");
        fault.heal();
        assertEquals(List.of(), struckFrames(1));
        assertEquals(first.size() + second.size(), fault.struck("loss"));
    }

    private List<Long> struckFrames(int generation) {
        List<Long> struck = new ArrayList<>();
        for (long sequence = 0; sequence < 1000; sequence++) {
            if (fault.onFrame(generation, 0, 1, sequence) == Action.DROP) {
                struck.add(sequence);
            }
        }
        return struck;
    }

    @Test
    void shouldStopAfterItsNumberOfTimesWhenAllFramesAreMeant() {
        fault.on(LinkRule.strike("thrice", Effect.DUPLICATE, Set.of(0), Set.of(1))
                .share(1, 3, 0));
        long struck = 0;
        for (long sequence = 0; sequence < 10; sequence++) {
            struck += fault.onFrame(1, 0, 1, sequence) == Action.DUPLICATE ? 1 : 0;
        }
        assertEquals(3, struck);
    }

    @Test
    void shouldThrowWhenARuleCannotMeanAnything() {
        LinkRule rule = LinkRule.strike("x", Effect.DROP, Set.of(0), Set.of(1));
        assertThrows(IllegalArgumentException.class, () -> rule.frames(3, 3));
        assertThrows(IllegalArgumentException.class, () -> rule.share(0, 1, 1));
        assertThrows(IllegalArgumentException.class, () -> rule.share(1, 0, 1));
        assertThrows(IllegalArgumentException.class, () -> LinkRule.partition("x", Set.of(), Set.of(1)));
        fault.on(rule);
        assertThrows(IllegalArgumentException.class, () -> fault.on(rule));
    }
}
