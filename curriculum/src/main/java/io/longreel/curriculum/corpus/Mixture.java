package io.longreel.curriculum.corpus;

import io.longreel.config.DatasetSettings;
import io.longreel.config.RuntimeFailure;
import io.longreel.curriculum.dataset.SeedPath;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Which record of which dataset a run sees at which position. An epoch is a list that nobody writes down: dataset d has {@code count_d}
 * entries in it, and entry j of epoch e is element {@code e * count_d + j} of d's own endless sequence of shuffled passes, so that repeats and
 * weights see every record equally often before any is seen once more. The entries of an epoch come in a {@link Permutation} of it. All
 * follows from (seed, position): any rank of any mesh gets the same answer in constant time and memory, and a run that resumes goes on at its
 * position. Its datasets belong to somebody else. Safe for use by several threads.
 */
public final class Mixture {
    /**
     * @param datasetIndex of {@link #datasets}
     * @param recordIndex of that dataset
     * @param epoch of the mixture, from 0
     */
    public record Pick(int datasetIndex, int recordIndex, long epoch) {}

    /**
     * @param weights shares of an epoch by term ({@code a}, {@code c@subset}), which replace the repeats; empty for none, otherwise one for
     *     each term
     * @param shuffle whether entries of an epoch, and records of a dataset, come in random order or as they are written
     * @param seed of this mixture alone
     */
    public record Options(Map<String, Double> weights, boolean shuffle, SeedPath seed) {
        public Options {
            weights = Map.copyOf(weights);
        }
    }

    private final List<Dataset> datasets;
    private final long[] counts;
    /** The entry that each dataset begins with, and behind the last one the number of entries. */
    private final long[] starts;

    private final boolean shuffle;
    private final SeedPath epochs;
    private final SeedPath[] passes;

    private Mixture(List<Dataset> datasets, long[] counts, Options options) {
        this.datasets = List.copyOf(datasets);
        this.counts = counts;
        this.starts = new long[counts.length + 1];
        for (int i = 0; i < counts.length; i++) {
            starts[i + 1] = Math.addExact(starts[i], counts[i]);
        }
        this.shuffle = options.shuffle();
        this.epochs = options.seed().child("epoch");
        // By name: what is mixed in beside a dataset does not change its own order.
        this.passes = datasets.stream()
                .map(dataset -> options.seed().child("pass").child(dataset.name()))
                .toArray(SeedPath[]::new);
    }

    /**
     * A mixture of datasets from a shelf, which owns them.
     *
     * @param text such as {@code a + b*3 + c@subset}
     * @param known specifications by name
     */
    public static Mixture over(String text, Map<String, DatasetSettings> known, Options options, DatasetShelf shelf) {
        List<MixtureText.Term> terms = MixtureText.parse(text, known);
        double[] weights = weights(terms, options.weights());
        List<Dataset> datasets = new ArrayList<>();
        for (MixtureText.Term term : terms) {
            Dataset dataset = shelf.get(term.spec());
            datasets.add(term.subset()
                    .<Dataset>map(word -> SelectedDataset.of(dataset, word, subset(term.spec(), word)))
                    .orElse(dataset));
        }
        int[] repeats = terms.stream().mapToInt(MixtureText.Term::repeats).toArray();
        return of(datasets, repeats, weights, options);
    }

    private static DatasetSettings.Subset subset(DatasetSettings spec, String word) {
        return Objects.requireNonNull(spec.subsets().get(word), word);
    }

    static Mixture of(List<Dataset> datasets, int[] repeats, double[] weights, Options options) {
        long[] counts = new long[datasets.size()];
        for (int i = 0; i < counts.length; i++) {
            counts[i] = Math.multiplyExact((long) datasets.get(i).size(), repeats[i]);
        }
        if (weights.length > 0) {
            counts = Shares.of(Arrays.stream(counts).sum(), weights);
        }
        return new Mixture(datasets, counts, options);
    }

    /** By term; empty when there are none. */
    private static double[] weights(List<MixtureText.Term> terms, Map<String, Double> weights) {
        List<String> names = terms.stream().map(MixtureText.Term::name).toList();
        for (Map.Entry<String, Double> weight : weights.entrySet()) {
            if (!names.contains(weight.getKey())) {
                throw RuntimeFailure.config(
                        "weights: " + MixtureText.unknown("term of the mixture", weight.getKey(), names));
            }
            if (!(weight.getValue() > 0) || weight.getValue().isInfinite()) {
                throw RuntimeFailure.config("weights: the weight of %s must be a number above 0, and is %s"
                        .formatted(weight.getKey(), weight.getValue()));
            }
        }
        if (weights.isEmpty()) {
            return new double[0];
        }
        return names.stream()
                .mapToDouble(name -> {
                    Double weight = weights.get(name);
                    if (weight == null) {
                        throw RuntimeFailure.config(
                                "weights: every term of the mixture must have one, and %s has none; add it or leave all out"
                                        .formatted(name));
                    }
                    return weight;
                })
                .toArray();
    }

    /** One for each term, in the order of the text. */
    public List<Dataset> datasets() {
        return datasets;
    }

    /** Entries of an epoch. */
    public long epochSize() {
        return starts[counts.length];
    }

    /** Entries that a dataset has in each epoch. */
    public long count(int datasetIndex) {
        return counts[datasetIndex];
    }

    /**
     * The record at a position.
     *
     * @param position number of the sample in the run, over all ranks, from 0
     */
    public Pick at(long position) {
        if (position < 0) {
            throw new IndexOutOfBoundsException("position must not be negative: position=%d".formatted(position));
        }
        long epoch = position / epochSize();
        long entry = position % epochSize();
        if (shuffle) {
            entry = Permutation.of(epochSize(), epochs.child(epoch)).at(entry);
        }
        int dataset = dataset(entry);
        int size = datasets.get(dataset).size();
        long element = epoch * counts[dataset] + entry - starts[dataset];
        long record = element % size;
        if (shuffle) {
            record = Permutation.of(size, passes[dataset].child(element / size)).at(record);
        }
        return new Pick(dataset, (int) record, epoch);
    }

    private int dataset(long entry) {
        int found = Arrays.binarySearch(starts, entry);
        int dataset = found < 0 ? -found - 2 : found;
        // A tiny weight may leave a dataset no entry: the last one that begins here has this one.
        while (starts[dataset + 1] == entry) {
            dataset++;
        }
        return dataset;
    }

    /** Reads the record of a pick. */
    public DataRecord read(Pick pick) {
        return datasets.get(pick.datasetIndex()).read(pick.recordIndex());
    }
}
