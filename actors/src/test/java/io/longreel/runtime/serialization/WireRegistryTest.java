package io.longreel.runtime.serialization;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.runtime.protocol.NodeCommand;
import io.longreel.runtime.protocol.NodeReport;
import io.longreel.runtime.protocol.RankCommand;
import io.longreel.runtime.protocol.RankReport;
import io.longreel.runtime.protocol.SupervisorCommand;
import io.longreel.runtime.protocol.WireMessage;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.Test;

class WireRegistryTest {

    /** Every record of the sealed protocols. */
    static Stream<Class<?>> messages() {
        return Stream.of(
                        SupervisorCommand.class,
                        NodeCommand.class,
                        NodeReport.class,
                        RankCommand.class,
                        RankReport.class)
                .flatMap(WireRegistryTest::records);
    }

    private static Stream<Class<?>> records(Class<?> type) {
        return type.isSealed()
                ? Arrays.stream(type.getPermittedSubclasses()).flatMap(WireRegistryTest::records)
                : Stream.of(type);
    }

    @Test
    void shouldKnowEveryMessageThatMayLeaveItsProcessAndNoOther() {
        messages()
                .forEach(type -> assertEquals(
                        WireMessage.class.isAssignableFrom(type),
                        WireRegistry.classes().containsValue(type),
                        type.getName()
                                + ": a message that leaves its process needs a number, a local one must have none"));
    }

    @Test
    void shouldKnowTheTypesOfAllParts() {
        Set<Class<?>> seen = new HashSet<>();
        messages().filter(WireMessage.class::isAssignableFrom).forEach(type -> checkParts(type, seen));
        assertTrue(seen.size() > 20, "types seen: " + seen.size());
    }

    private static void checkParts(Class<?> type, Set<Class<?>> seen) {
        if (!seen.add(type) || type.isPrimitive() || type == String.class || type == Integer.class) {
            return;
        }
        if (type.isSealed() && type.isInterface()) {
            Arrays.stream(type.getPermittedSubclasses())
                    .filter(WireMessage.class::isAssignableFrom)
                    .forEach(sub -> checkParts(sub, seen));
            return;
        }
        if (type == List.class || type == ActorRef.class) {
            return;
        }
        assertFalse(type.isArray(), type + ": no arrays in messages");
        assertTrue(WireRegistry.classes().containsValue(type), type.getName() + " has no number");
        if (type.isRecord()) {
            Arrays.stream(type.getRecordComponents()).forEach(part -> checkParts(part.getType(), seen));
        }
    }

    @Test
    void shouldGiveEachNumberOnceAndKeepClearOfKryosOwn() {
        assertEquals(
                WireRegistry.classes().size(),
                Set.copyOf(WireRegistry.classes().values()).size());
        assertTrue(WireRegistry.classes().keySet().stream().allMatch(id -> id > WireRegistry.ACTOR_REF));
    }
}
