package io.longreel.curriculum.corpus;

import static io.longreel.curriculum.corpus.TestRecords.assertBroken;
import static io.longreel.curriculum.corpus.TestRecords.assertMisconfigured;
import static io.longreel.curriculum.corpus.TestRecords.write;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.DatasetSettings;
import io.longreel.config.DatasetSettings.Format;
import io.longreel.config.DatasetSettings.Subset;
import io.longreel.curriculum.corpus.Mixture.Options;
import io.longreel.curriculum.corpus.Mixture.Pick;
import io.longreel.curriculum.dataset.SeedPath;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MixtureTest {
    private static final SeedPath SEED = SeedPath.root(3);
    private static final Options SHUFFLED = new Options(Map.of(), true, SEED);
    private static final Options ORDERED = new Options(Map.of(), false, SEED);

    private final Path folder;

    MixtureTest(@TempDir Path folder) {
        this.folder = folder;
    }

    @Test
    void shouldHaveEveryEntryOncePerEpochWhenShuffled() {
        SplittableRandom random = new SplittableRandom(9);
        for (int trial = 0; trial < 50; trial++) {
            int[] sizes = random.ints(1 + random.nextInt(4), 1, 40).toArray();
            int[] repeats = random.ints(sizes.length, 1, 4).toArray();
            Mixture mixture = mixture(sizes, repeats, new double[0], new Options(Map.of(), true, SEED.child(trial)));
            int total = IntStream.range(0, sizes.length)
                    .map(i -> sizes[i] * repeats[i])
                    .sum();
            assertEquals(total, mixture.epochSize());
            for (long epoch = 0; epoch < 3; epoch++) {
                int[][] seen = new int[sizes.length][];
                Arrays.setAll(seen, i -> new int[sizes[i]]);
                for (int i = 0; i < total; i++) {
                    Pick pick = mixture.at(epoch * total + i);
                    assertEquals(epoch, pick.epoch());
                    seen[pick.datasetIndex()][pick.recordIndex()]++;
                }
                for (int i = 0; i < sizes.length; i++) {
                    int expected = repeats[i];
                    assertTrue(Arrays.stream(seen[i]).allMatch(count -> count == expected), "trial=" + trial);
                }
            }
        }
    }

    @Test
    void shouldSeeRecordsEquallyOftenWhenWeightsCutPasses() {
        int[] sizes = {7, 100, 3};
        Mixture mixture = mixture(sizes, new int[] {1, 1, 1}, new double[] {1, 2, 0.5}, SHUFFLED);
        assertEquals(110, mixture.epochSize());
        assertArrayEquals(
                new long[] {31, 63, 16},
                LongStream.range(0, 3).map(i -> mixture.count((int) i)).toArray());
        int[][] seen = new int[3][];
        Arrays.setAll(seen, i -> new int[sizes[i]]);
        for (int epoch = 0; epoch < 5; epoch++) {
            for (int i = 0; i < 110; i++) {
                Pick pick = mixture.at(epoch * 110L + i);
                seen[pick.datasetIndex()][pick.recordIndex()]++;
            }
            for (int[] counts : seen) {
                int most = Arrays.stream(counts).max().orElseThrow();
                int least = Arrays.stream(counts).min().orElseThrow();
                assertTrue(most - least <= 1, Arrays.toString(counts));
            }
        }
    }

    @Test
    void shouldKeepTheOrderWhenNotShuffled() {
        Mixture mixture = mixture(new int[] {2, 3}, new int[] {2, 1}, new double[0], ORDERED);
        List<Pick> epoch = LongStream.range(0, 7).mapToObj(mixture::at).toList();
        assertEquals("00 01 00 01 10 11 12", words(epoch));
        assertEquals(
                "00 01 00 01 10 11 12",
                words(LongStream.range(7, 14).mapToObj(mixture::at).toList()));
        Mixture cut = mixture(new int[] {5, 3}, new int[] {1, 1}, new double[] {3, 5}, ORDERED);
        assertEquals(
                "00 01 02 10 11 12 10 11",
                words(LongStream.range(0, 8).mapToObj(cut::at).toList()));
        assertEquals(
                "03 04 00 12 10 11 12 10",
                words(LongStream.range(8, 16).mapToObj(cut::at).toList()));
    }

    @Test
    void shouldDrawAnotherOrderWhenSeedOrEpochDiffers() {
        int[] sizes = {50, 60};
        Mixture mixture = mixture(sizes, new int[] {1, 1}, new double[0], SHUFFLED);
        Mixture same = mixture(sizes, new int[] {1, 1}, new double[0], SHUFFLED);
        Mixture other = mixture(sizes, new int[] {1, 1}, new double[0], new Options(Map.of(), true, SEED.child(1)));
        List<Pick> picks = LongStream.range(0, 110).mapToObj(mixture::at).toList();
        // Backwards, as a rank that asks for other positions does.
        List<Pick> again =
                LongStream.range(0, 110).map(i -> 109 - i).mapToObj(same::at).toList();
        assertEquals(picks, again.reversed());
        assertNotEquals(picks, LongStream.range(0, 110).mapToObj(other::at).toList());
        assertNotEquals(
                words(picks),
                words(LongStream.range(110, 220).mapToObj(mixture::at).toList()));
        assertThrows(IndexOutOfBoundsException.class, () -> mixture.at(-1));
        assertEquals(
                Long.MAX_VALUE / 1000 / 110, mixture.at(Long.MAX_VALUE / 1000).epoch());
    }

    @Test
    void shouldKeepTheOrderOfADatasetWhenItsNeighbourChanges() {
        // Ten entries of thirty records in both: an epoch has the same third of the pass, whatever the rest of it is.
        Mixture few = mixture(new int[] {30, 5}, new int[] {1, 1}, new double[] {10, 25}, SHUFFLED);
        Mixture many = mixture(new int[] {30, 20}, new int[] {1, 1}, new double[] {10, 40}, SHUFFLED);
        for (int epoch = 0; epoch < 6; epoch++) {
            assertEquals(recordsOfFirst(few, epoch), recordsOfFirst(many, epoch), "epoch=" + epoch);
        }
        assertNotEquals(recordsOfFirst(few, 0), recordsOfFirst(few, 1));
    }

    private static Set<Integer> recordsOfFirst(Mixture mixture, long epoch) {
        Set<Integer> records = LongStream.range(epoch * mixture.epochSize(), (epoch + 1) * mixture.epochSize())
                .mapToObj(mixture::at)
                .filter(pick -> pick.datasetIndex() == 0)
                .map(Pick::recordIndex)
                .collect(Collectors.toSet());
        assertEquals(10, records.size());
        return records;
    }

    @Test
    void shouldOpenTermsWhenTextJoinsRepeatsAndSelects() {
        Map<String, DatasetSettings> known = known();
        try (DatasetShelf shelf = new DatasetShelf()) {
            Mixture mixture = Mixture.over(" a + b * 3+a@odd + b ", known, ORDERED, shelf);
            assertEquals(
                    List.of("a", "b", "a@odd"),
                    mixture.datasets().stream().map(Dataset::name).toList());
            assertArrayEquals(
                    new long[] {6, 8, 3},
                    LongStream.range(0, 3).map(i -> mixture.count((int) i)).toArray());
            assertEquals(
                    List.of("a1", "a3", "a5"),
                    LongStream.range(14, 17)
                            .mapToObj(i -> ((DataRecord.Text) mixture.read(mixture.at(i))).text())
                            .toList());
        }
        try (DatasetShelf shelf = new DatasetShelf()) {
            Mixture mixture = Mixture.over("a@some*2", known, ORDERED, shelf);
            assertEquals(2, mixture.datasets().getFirst().size());
            assertEquals(4, mixture.epochSize());
            assertEquals("a.jsonl#4", mixture.read(mixture.at(3)).id());
        }
        try (DatasetShelf shelf = new DatasetShelf()) {
            Mixture mixture = Mixture.over(
                    "a*2@some + b", known, new Options(Map.of("a@some", 3.0, "b", 1.0), false, SEED), shelf);
            assertEquals(6, mixture.epochSize());
            assertArrayEquals(
                    new long[] {5, 1},
                    LongStream.range(0, 2).map(i -> mixture.count((int) i)).toArray());
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            aa          | there is no dataset "aa"; did you mean a?
            zzzzzz      | there is no dataset "zzzzzz"; known are [a, b]
            a@od        | there is no subset of a "od"; did you mean odd?
            b@x         | there is no subset of b "x"; none is defined
            a@          | there is no subset of a ""
            a+          | there must be a dataset on each side of +
            *3          | there must be a dataset on each side of +
            a*0         | behind * must stand how often to repeat, 1 to 1000000, and there is a*0
            a*          | behind * must stand how often to repeat
            a*x         | behind * must stand how often to repeat
            a*2*3       | behind * must stand how often to repeat
            a@odd@some  | there is no subset of a "odd@some"
            """)
    void shouldSayWhatIsWrongWhenTextIs(String text, String why) {
        assertMisconfigured(() -> open(text, known(), SHUFFLED), "mixture \"%s\": ".formatted(text), why);
    }

    @Test
    void shouldSayWhatIsWrongWhenWeightsAre() {
        assertMisconfigured(
                () -> weighted(Map.of("a", 1.0)), "every term of the mixture must have one, and b has none");
        assertMisconfigured(
                () -> weighted(Map.of("a", 1.0, "bb", 1.0)), "no term of the mixture \"bb\"; did you mean b?");
        assertMisconfigured(
                () -> weighted(Map.of("a", 0.0, "b", 1.0)), "weight of a must be a number above 0, and is 0.0");
        assertMisconfigured(() -> weighted(Map.of("a", 1.0, "b", Double.NaN)), "weight of b must be a number");
    }

    @Test
    void shouldSayWhatIsWrongWhenSubsetIs() {
        assertBroken(() -> select("1\nx\n", false), "s.txt: line 2: must be the index of a record, and is \"x\"");
        assertBroken(
                () -> select("1\n\n6\n", false), "s.txt: line 3: must be the index of a record of a, 0 to 5, and is 6");
        assertBroken(() -> select("[0, -1]", true), "s.txt: entry 1: ", "and is -1");
        assertBroken(() -> select("[0, ", true), "s.txt: must be a JSON array of record indices");
        assertBroken(() -> select("[\"a\"]", true), "s.txt: must be a JSON array of record indices");
        assertBroken(() -> select("", false), "the subset a@s must have a record");
        assertBroken(() -> select("0 1 2 3 4 5".replace(' ', '\n'), true), "the subset a@s must have a record");
    }

    @Test
    void shouldShareByLargestRemainder() {
        assertArrayEquals(new long[] {4, 3, 3}, Shares.of(10, new double[] {1, 1, 1}));
        assertArrayEquals(new long[] {0, 1}, Shares.of(1, new double[] {1, 3}));
        assertArrayEquals(new long[] {10, 0}, Shares.of(10, new double[] {1, 1e-12}));
        SplittableRandom random = new SplittableRandom(2);
        for (int trial = 0; trial < 200; trial++) {
            double[] weights = random.doubles(1 + random.nextInt(6), 0.001, 100).toArray();
            long total = random.nextLong(1, 1L << 40);
            long[] shares = Shares.of(total, weights);
            double sum = Arrays.stream(weights).sum();
            assertEquals(total, Arrays.stream(shares).sum());
            for (int i = 0; i < weights.length; i++) {
                assertEquals(total * (weights[i] / sum), (double) shares[i], 1.001, "trial=" + trial);
            }
        }
    }

    private static void open(String text, Map<String, DatasetSettings> known, Options options) {
        try (DatasetShelf shelf = new DatasetShelf()) {
            Mixture.over(text, known, options, shelf);
        }
    }

    private void weighted(Map<String, Double> weights) {
        open("a+b", known(), new Options(weights, true, SEED));
    }

    private void select(String list, boolean drop) {
        Subset subset = new Subset(write(folder.resolve("s.txt"), list), drop);
        DatasetSettings spec = known().get("a");
        DatasetSettings selected = new DatasetSettings(
                "a", Format.TEXT, spec == null ? List.of() : spec.files(), Optional.empty(), "", Map.of("s", subset));
        open("a@s", Map.of("a", selected), ORDERED);
    }

    /** Six records a0 to a5, of which "odd" drops the even ones and "some" has two, and two records b. */
    private Map<String, DatasetSettings> known() {
        String lines =
                IntStream.range(0, 6).mapToObj("{\"text\": \"a%d\"}"::formatted).collect(Collectors.joining("\n"));
        Path a = write(folder.resolve("a.jsonl"), lines);
        Path b = write(folder.resolve("b.jsonl"), "{\"text\": \"b0\"}\n{\"text\": \"b1\"}\n");
        Subset odd = new Subset(write(folder.resolve("even.json"), "[4, 0, 2, 2]"), true);
        Subset some = new Subset(write(folder.resolve("some.txt"), "4\n 1 \n\n"), false);
        return Map.of(
                "a",
                new DatasetSettings(
                        "a", Format.TEXT, List.of(a), Optional.empty(), "", Map.of("odd", odd, "some", some)),
                "b",
                TestRecords.spec("b", Format.TEXT, b));
    }

    private static Mixture mixture(int[] sizes, int[] repeats, double[] weights, Options options) {
        List<Dataset> datasets = IntStream.range(0, sizes.length)
                .<Dataset>mapToObj(i -> new Counted("set" + i, sizes[i]))
                .toList();
        return Mixture.of(datasets, repeats, weights, options);
    }

    private static String words(List<Pick> picks) {
        return picks.stream()
                .map(pick -> "%d%d".formatted(pick.datasetIndex(), pick.recordIndex()))
                .collect(Collectors.joining(" "));
    }

    /** A dataset that is nothing but its size. */
    private record Counted(String name, int size) implements Dataset {
        @Override
        public DataRecord read(int index) {
            return new DataRecord.Text("%s#%d".formatted(name, index), "");
        }

        @Override
        public void close() {}
    }
}
