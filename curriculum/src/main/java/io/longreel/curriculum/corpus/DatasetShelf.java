package io.longreel.curriculum.corpus;

import io.longreel.config.DatasetSettings;
import java.util.Map;
import java.util.TreeMap;

/**
 * Datasets that are open, each once however many mixtures have it: opening one is a pass over its files. Whoever has the shelf closes it, after all
 * mixtures over it. Filled by one thread; the datasets are safe for use by several.
 */
public final class DatasetShelf implements AutoCloseable {
    private final Map<String, Dataset> open = new TreeMap<>();

    /** The dataset of these settings, opened when it is asked for the first time. */
    public Dataset get(DatasetSettings spec) {
        return open.computeIfAbsent(spec.name(), name -> Datasets.open(spec));
    }

    @Override
    public void close() {
        open.values().forEach(Dataset::close);
    }
}
