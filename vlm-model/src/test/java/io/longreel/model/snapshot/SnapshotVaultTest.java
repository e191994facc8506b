package io.longreel.model.snapshot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.RuntimeFailure;
import io.longreel.model.snapshot.SliceLayout.Section;
import io.longreel.model.state.ParameterSpec;
import io.longreel.model.state.TrainedRange;
import io.longreel.model.state.Unit;
import io.longreel.ops.tensor.DType;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SnapshotVaultTest {
    private static final Unit UNIT = Unit.of(
            "unit",
            List.of(new ParameterSpec("trained", new int[] {10, 100}), new ParameterSpec("frozen", new int[] {7, 100
            })));
    private static final SliceLayout LAYOUT = SliceLayout.of(
            new SliceLayout.State(
                    List.of(List.of(UNIT)), DType.F32, TrainedRange.of(UNIT, name -> name.equals("trained"))),
            0,
            1);

    private final SnapshotVault vault = SnapshotVault.open();

    @AfterEach
    void close() {
        vault.close();
        assertEquals(0, vault.memoryBytes());
    }

    @Test
    void shouldUseItsMemoryAgainForEverySnapshot() {
        SliceBlock frozen = sealed(key(1, 0, 0), Section.FROZEN, 0);
        for (int step = 0; step < 4; step++) {
            publish(key(1, 0, step), frozen);
            vault.dropOlderThan(key(1, 0, step));
        }
        long bytes = vault.memoryBytes();
        int arenas = vault.arenas();
        for (int step = 4; step < 50; step++) {
            publish(key(1, 0, step), frozen);
            vault.dropOlderThan(key(1, 0, step));
        }
        assertEquals(bytes, vault.memoryBytes());
        assertEquals(arenas, vault.arenas());
        vault.leave(frozen);
        assertEquals(List.of(new HeldSlice(key(1, 0, 49), 0, 1, true)), vault.held());
        try (SnapshotVault.PinnedSnapshot pinned = vault.pin(key(1, 0, 49))) {
            assertTrue(pinned.slices().getFirst().isSound(), "what is listed keeps its frozen section");
        }
    }

    @Test
    void shouldDropWhatIsBehindWhateverGenerationTookIt() {
        publish(key(7, 1, 2));
        publish(key(7, 1, 4));
        publish(key(6, 1, 4));
        publish(key(6, 1, 5));
        publish(key(9, 0, 8));
        assertEquals(List.of(key(9, 0, 8), key(7, 1, 2), key(6, 1, 4), key(7, 1, 4), key(6, 1, 5)), keys());
        vault.dropOlderThan(key(7, 1, 4));
        assertEquals(List.of(key(7, 1, 4), key(6, 1, 5)), keys());
    }

    @Test
    void shouldDropWhatWasNeverCommittedWhenTrainingGoesBack() {
        publish(key(1, 0, 3));
        publish(key(1, 0, 5));
        publish(key(1, 0, 6));
        publish(key(2, 0, 6));
        vault.dropFurtherThan(key(1, 0, 5), 2);
        assertEquals(List.of(key(1, 0, 3), key(1, 0, 5), key(2, 0, 6)), keys());
        vault.dropAllBut(2);
        assertEquals(List.of(key(2, 0, 6)), keys());
    }

    @Test
    void shouldFreeWhatFitsNothingAnyMoreWhenAStageOrAGenerationIsOver() {
        publish(key(1, 1, 0));
        long bytesOfOne = vault.memoryBytes();
        for (int step = 1; step < 4; step++) {
            publish(key(1, 1, step));
        }
        vault.dropOlderThan(key(1, 1, 3));
        assertEquals(4 * bytesOfOne, vault.memoryBytes(), "memory of the same stage is used again");
        publish(key(1, 2, 0));
        vault.dropOlderThan(key(1, 2, 0));
        assertEquals(bytesOfOne, vault.memoryBytes());
        publish(key(2, 2, 0));
        publish(key(2, 2, 1));
        vault.dropOlderThan(key(2, 2, 1));
        assertEquals(bytesOfOne, vault.memoryBytes());
    }

    @Test
    void shouldLeaveWhatIsPinnedAsItIs() {
        SnapshotKey key = key(1, 0, 0);
        publish(key);
        try (SnapshotVault.PinnedSnapshot pinned = vault.pin(key)) {
            vault.dropOlderThan(key(1, 0, 9));
            assertEquals(List.of(), vault.held());
            for (int step = 1; step < 5; step++) {
                publish(key(1, 0, step));
            }
            SnapshotSlice slice = pinned.slices().getFirst();
            assertTrue(slice.isSound() && slice.moving().isOf(LAYOUT, Section.MOVING, slice.what()));
            assertEquals(0f, slice.moving().elements(DType.F32, 0, 1).getFloat(0));
            assertEquals(List.of(slice.what()), pinned.held());
        }
        assertEquals(4, vault.held().size());
        vault.dropAll();
        assertEquals(0, vault.memoryBytes());
    }

    @Test
    void shouldFreePinnedMemoryWhenItIsUnpinnedAfterTheEnd() {
        publish(key(1, 0, 0));
        SnapshotVault.PinnedSnapshot pinned = vault.pin(key(1, 0, 0));
        vault.close();
        assertTrue(pinned.slices().getFirst().isSound());
        assertTrue(vault.memoryBytes() > 0);
        pinned.close();
        pinned.close();
        assertEquals(0, vault.memoryBytes());
        assertThrows(IllegalStateException.class, () -> vault.take(8));
    }

    @Test
    void shouldSayWhatIsMissingWhenASnapshotIsNotHeld() {
        RuntimeFailure failure = assertThrows(RuntimeFailure.class, () -> vault.pin(key(1, 2, 3)));
        assertEquals(RuntimeFailure.Category.RETRYABLE, failure.category());
        assertTrue(failure.getMessage().contains("stage=2 step=3"), failure.getMessage());
    }

    @Test
    void shouldReplaceASliceThatIsTakenAgain() {
        publish(key(1, 0, 0));
        int arenas = vault.arenas();
        publish(key(1, 0, 0));
        assertEquals(1, vault.held().size());
        publish(key(1, 0, 0));
        assertEquals(2 * arenas, vault.arenas());
        SnapshotSlice slice = onlySlice(key(1, 0, 0));
        assertTrue(vault.drop(slice));
        assertFalse(vault.drop(slice));
        assertEquals(List.of(), vault.held());
    }

    @Test
    void shouldNoticeAnyFlippedBit() {
        publish(key(1, 0, 0));
        SnapshotSlice slice = onlySlice(key(1, 0, 0));
        for (Section section : Section.values()) {
            long bytes = slice.block(section).bytes().byteSize();
            for (long at = 0; at < bytes; at += at < SliceBlock.HEADER_BYTES ? 1 : 97) {
                Damage.flip(slice.block(section), at);
                assertFalse(slice.isSound(), section + " byte " + at);
                Damage.flip(slice.block(section), at);
            }
        }
        assertTrue(slice.isSound());
    }

    @Test
    void shouldNotTakeAnotherSliceForTheOneThatIsExpected() {
        publish(key(3, 2, 1));
        SliceBlock moving = onlySlice(key(3, 2, 1)).moving();
        assertTrue(moving.isOf(LAYOUT, Section.MOVING, new HeldSlice(key(3, 2, 1), 0, 1, false)));
        assertFalse(moving.isOf(LAYOUT, Section.FROZEN, new HeldSlice(key(3, 2, 1), 0, 1, true)));
        assertFalse(moving.isOf(LAYOUT, Section.MOVING, new HeldSlice(key(4, 2, 1), 0, 1, true)));
        assertFalse(moving.isOf(LAYOUT, Section.MOVING, new HeldSlice(key(3, 1, 1), 0, 1, true)));
        assertFalse(moving.isOf(LAYOUT, Section.MOVING, new HeldSlice(key(3, 2, 2), 0, 1, true)));
        assertFalse(moving.isOf(LAYOUT, Section.MOVING, new HeldSlice(key(3, 2, 1), 1, 2, true)));
        SliceLayout other = SliceLayout.of(new SliceLayout.State(List.of(List.of(UNIT)), DType.F32, List.of()), 0, 1);
        assertFalse(moving.isOf(other, Section.MOVING, new HeldSlice(key(3, 2, 1), 0, 1, true)));
        assertEquals(1, moving.optimizerSteps());
    }

    /** The vault keeps it for as long as nothing is dropped. */
    private SnapshotSlice onlySlice(SnapshotKey key) {
        try (SnapshotVault.PinnedSnapshot pinned = vault.pin(key)) {
            return pinned.slices().getFirst();
        }
    }

    /** Two ranks take and drop snapshots, a writer reads what it pins; the writer reads until both ranks are done. */
    @Test
    void shouldKeepPinnedSlicesSoundWhileRanksTakeAndDrop() throws Exception {
        int steps = 300;
        SliceBlock frozen = sealed(key(1, 0, 0), Section.FROZEN, 0);
        try (ExecutorService threads = Executors.newFixedThreadPool(3)) {
            List<Future<?>> ranks = IntStream.range(0, 2)
                    .<Future<?>>mapToObj(rank -> threads.submit(() -> {
                        for (int step = 0; step < steps; step++) {
                            publish(key(1, rank, step), frozen);
                            vault.dropOlderThan(key(1, rank, Math.max(0, step - 2)));
                        }
                    }))
                    .toList();
            Future<Integer> writer = threads.submit(() -> {
                int damaged = 0;
                boolean done;
                do {
                    done = ranks.stream().allMatch(Future::isDone);
                    for (HeldSlice held : vault.held()) {
                        try (SnapshotVault.PinnedSnapshot pinned = vault.pinHeld(held.key())) {
                            damaged += (int) pinned.slices().stream()
                                    .filter(slice -> !slice.isSound()
                                            || !slice.moving().isOf(LAYOUT, Section.MOVING, slice.what()))
                                    .count();
                        }
                    }
                } while (!done);
                return damaged;
            });
            for (Future<?> rank : ranks) {
                rank.get();
            }
            assertEquals(0, writer.get());
        }
        vault.leave(frozen);
        assertTrue(vault.arenas() < 20, "blocks must be used again: arenas=" + vault.arenas());
    }

    private List<SnapshotKey> keys() {
        return vault.held().stream().map(HeldSlice::key).toList();
    }

    private void publish(SnapshotKey key) {
        SliceBlock frozen = sealed(key, Section.FROZEN, 1);
        publish(key, frozen);
        vault.leave(frozen);
    }

    private void publish(SnapshotKey key, SliceBlock frozen) {
        SliceBlock moving = sealed(key, Section.MOVING, key.step());
        vault.publish(new SnapshotSlice(new HeldSlice(key, 0, 1, true), LAYOUT, moving, frozen));
        vault.leave(moving);
    }

    private SliceBlock sealed(SnapshotKey key, Section section, float value) {
        SliceBlock block = vault.take(LAYOUT.payloadBytes(section));
        for (long i = 0; i < LAYOUT.elements(section); i++) {
            block.elements(DType.F32, i, i + 1).setFloat(0, value);
        }
        block.seal(LAYOUT, section, new HeldSlice(key, 0, 1, true), key.step());
        return block;
    }

    private static SnapshotKey key(int generation, int stage, int step) {
        return new SnapshotKey(generation, stage, step);
    }
}
