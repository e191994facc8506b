package io.longreel.curriculum.survey;

import io.longreel.config.DatasetSettings;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A dataset of a configuration.
 *
 * @param subsets records of each part
 */
public record DatasetFacts(DatasetSettings spec, int records, SortedMap<String, Integer> subsets, List<Use> uses) {
    public DatasetFacts {
        subsets = new TreeMap<>(subsets);
        uses = List.copyOf(uses);
    }

    /**
     * A phase that takes samples from it.
     *
     * @param term the dataset, or a part of it
     * @param entries that an epoch has of it, of {@code epochEntries}
     */
    public record Use(String stage, String phase, String mixture, String term, long entries, long epochEntries) {}
}
