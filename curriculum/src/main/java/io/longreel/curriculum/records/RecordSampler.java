package io.longreel.curriculum.records;

import io.longreel.config.DataSettings.Damaged;
import io.longreel.config.RuntimeFailure;
import io.longreel.curriculum.corpus.DamagedRecord;
import io.longreel.curriculum.corpus.DataRecord;
import io.longreel.curriculum.corpus.Mixture;
import io.longreel.curriculum.dataset.Sample;

/**
 * Samples out of the user's datasets. What a position holds follows from the files and the seed alone, so all ranks make the same sample, or find the same record
 * unusable. Media are counted here and decoded later. Safe for use by several threads.
 */
public final class RecordSampler {
    private final Mixture mixture;
    private final RecordEncoder encoder;
    private final Damaged damaged;

    /** What a position holds: a sample, or a record that is left out. */
    public sealed interface Drawn {
        record Usable(Sample sample) implements Drawn {}

        record Left(SkippedRecord record) implements Drawn {}
    }

    public RecordSampler(Mixture mixture, RecordEncoder encoder, Damaged damaged) {
        this.mixture = mixture;
        this.encoder = encoder;
        this.damaged = damaged;
    }

    /** Which record stands where. */
    public Mixture mixture() {
        return mixture;
    }

    /** How a record becomes a sample. */
    public RecordEncoder encoder() {
        return encoder;
    }

    /**
     * The sample at a position of the mixture.
     *
     * @param sample its place among the samples of the step
     * @throws RuntimeFailure when the record cannot be used and damaged records stop the run
     */
    public Drawn at(long position, int sample) {
        Mixture.Pick pick = mixture.at(position);
        String dataset = mixture.datasets().get(pick.datasetIndex()).name();
        DataRecord record;
        try {
            record = mixture.read(pick);
        } catch (DamagedRecord e) {
            return left(sample, dataset, pick, e);
        } catch (RuntimeFailure e) {
            // The file, not the record: what follows cannot be read either, and must not be taken for damaged.
            throw new RuntimeFailure(
                    RuntimeFailure.Category.CONFIG,
                    "dataset %s cannot be read: %s".formatted(dataset, e.getMessage()),
                    e);
        }
        try {
            return new Drawn.Usable(fitting(record));
        } catch (RuntimeFailure e) {
            if (e.category() != RuntimeFailure.Category.DATA) {
                throw e;
            }
            return left(sample, dataset, pick, e);
        }
    }

    private Drawn left(int sample, String dataset, Mixture.Pick pick, RuntimeFailure cause) {
        if (damaged == Damaged.SKIP) {
            return new Drawn.Left(new SkippedRecord(sample, dataset, pick.recordIndex(), cause.getMessage()));
        }
        throw new RuntimeFailure(
                RuntimeFailure.Category.CONFIG,
                "record %d of dataset %s cannot be used: %s; mend it, or set longreel.data.damaged = skip"
                        .formatted(pick.recordIndex(), dataset, cause.getMessage()),
                cause);
    }

    private Sample fitting(DataRecord record) {
        Sample sample = encoder.encode(record);
        encoder.requireKnown(record.id(), sample);
        encoder.requireFit(record.id(), sample);
        return sample;
    }
}
