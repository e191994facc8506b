package io.longreel.model.state;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.model.ModelConfig;
import java.util.List;
import org.junit.jupiter.api.Test;

class UnitTest {

    @Test
    void shouldHoldEveryParameterOnceAndInOrder() {
        for (boolean tied : new boolean[] {true, false}) {
            ModelConfig config = config(tied);
            List<Unit> units = Unit.of(config);
            assertEquals(
                    ParameterSpec.of(config).stream().map(ParameterSpec::name).toList(),
                    units.stream()
                            .flatMap(unit -> unit.specs().stream())
                            .map(ParameterSpec::name)
                            .toList());
            // Embeddings, 11 blocks and a norm of the tower; projector; embedding, 12 layers, norm and perhaps head.
            assertEquals(1 + 11 + 1 + 1 + 1 + 12 + 1 + (tied ? 0 : 1), units.size());
            assertEquals(
                    tied ? Unit.EMBEDDING : Unit.HEAD,
                    units.stream().filter(Unit::isWide).toList().getLast().name());
            assertEquals(tied ? Unit.EMBEDDING : Unit.HEAD, Unit.head(config.llm()));
        }
    }

    @Test
    void shouldFindTheRangesThatTrainAndWhoOwnsWhatOfThem() {
        Unit unit = Unit.of("u", List.of(spec("a", 3), spec("b", 2), spec("none", 0), spec("c", 4), spec("d", 1)));
        assertEquals(List.of(new TrainedRange(unit, 0, 10)), TrainedRange.of(unit, name -> true));
        assertEquals(List.of(), TrainedRange.of(unit, name -> false));
        List<TrainedRange> ranges = TrainedRange.of(unit, name -> !name.equals("b"));
        assertEquals(List.of(new TrainedRange(unit, 0, 3), new TrainedRange(unit, 5, 10)), ranges);
        // The unit is cut at 4 and 7: the first range is rank 0's, the second belongs to ranks 1 and 2.
        assertArrayEquals(new long[] {0, 3, 3, 3}, ranges.get(0).bounds(3));
        assertArrayEquals(new long[] {0, 0, 2, 5}, ranges.get(1).bounds(3));
        assertEquals(
                List.of(new FlatSpace.Piece("c", 2, 4, 2), new FlatSpace.Piece("d", 0, 1, 4)),
                ranges.get(1).pieces(2, 5));
    }

    @Test
    void shouldGiveEachElementOneOwnerWhateverTrains() {
        Unit unit = Unit.of(config(true)).get(15);
        for (int ranks = 1; ranks <= 9; ranks++) {
            for (String part : List.of("norm", "q_proj", "mlp", "")) {
                List<TrainedRange> ranges = TrainedRange.of(unit, name -> name.contains(part));
                long owned = 0;
                for (TrainedRange range : ranges) {
                    long[] bounds = range.bounds(ranks);
                    assertEquals(0, bounds[0]);
                    assertEquals(range.elements(), bounds[ranks]);
                    long[] whole = unit.space().evenBounds(ranks);
                    for (int rank = 0; rank < ranks; rank++) {
                        long from = range.from() + bounds[rank];
                        long to = range.from() + bounds[rank + 1];
                        assertTrue(from == to || (from >= whole[rank] && to <= whole[rank + 1]));
                        owned += to - from;
                    }
                }
                long trained = unit.specs().stream()
                        .filter(spec -> spec.name().contains(part))
                        .mapToLong(ParameterSpec::elements)
                        .sum();
                assertEquals(trained, owned, part);
            }
        }
    }

    @Test
    void shouldRefuseTwoParametersOfOneName() {
        assertThrows(IllegalArgumentException.class, () -> Unit.of("u", List.of(spec("a", 1), spec("a", 2))));
    }

    private static ParameterSpec spec(String name, int elements) {
        return new ParameterSpec(name, new int[] {elements});
    }

    private static ModelConfig config(boolean tied) {
        return new ModelConfig(
                new ModelConfig.Vision(16, 24, 11, 2, 28, 7, 1e-6f, -2),
                new ModelConfig.Llm(64, 32, 48, 12, 4, 2, 512, 1e4, 1, 1e-6f, tied),
                ModelConfig.MLP_DOWNSAMPLE,
                63);
    }
}
