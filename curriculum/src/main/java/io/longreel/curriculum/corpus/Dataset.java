package io.longreel.curriculum.corpus;

/**
 * A dataset: a fixed number of records, each of which can be read at any time. Safe for use by several threads; the files must not change
 * while it is open. It holds no record itself, at most some windows of decoded rows.
 */
public interface Dataset extends AutoCloseable {
    /** As the configuration has it; with {@code @subset} behind it where it is one. */
    String name();

    int size();

    /**
     * Reads one record.
     *
     * @throws DamagedRecord if this record is unusable and others may be fine; any other failure concerns the dataset
     */
    DataRecord read(int index);

    @Override
    void close();
}
