package io.longreel.curriculum;

import io.longreel.config.RunConfig;
import io.longreel.config.RuntimeFailure;
import io.longreel.config.ShardingSettings.Stages;
import io.longreel.config.StageSettings.Source;
import io.longreel.config.topology.Mesh;
import io.longreel.curriculum.DataSurvey.DataPhase;
import io.longreel.curriculum.corpus.DataRecord;
import io.longreel.curriculum.corpus.Mixture;
import io.longreel.curriculum.dataset.Sample;
import io.longreel.curriculum.dataset.SamplePacker;
import io.longreel.curriculum.records.RecordEncoder;
import io.longreel.curriculum.survey.Histogram;
import io.longreel.curriculum.survey.PhaseStats;
import io.longreel.curriculum.survey.Piece;
import io.longreel.curriculum.survey.Spread;
import io.longreel.model.PackedBatch;
import io.longreel.model.shard.SequenceLayout;
import io.longreel.model.shard.Span;
import io.longreel.model.shard.TokenShards;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;
import java.util.stream.LongStream;

/** Counts what a phase trains on. Keeps lengths of samples, never the samples. Used by the survey's thread, once. */
final class PhaseSurvey {
    /** First steps that are packed: at most so many, and no more samples than are looked at, but one step at least. */
    private static final int STEPS_MAX = 16;

    private static final int FAULTS_SHOWN = 5;

    private final RunConfig config;
    private final int tokensPerFrame;
    private final DataPhase at;
    private final RecordSources.Records source;
    private final RecordEncoder encoder;
    private final LongStream.Builder tokens = LongStream.builder();
    private final LongStream.Builder frames = LongStream.builder();
    private final LongStream.Builder learned = LongStream.builder();
    private final List<PhaseStats.Fault> faults = new ArrayList<>();
    private long usable;
    private long tooLong;
    private long damaged;

    PhaseSurvey(RunConfig config, int tokensPerFrame, DataPhase at, RecordSources.Records source) {
        this.config = config;
        this.tokensPerFrame = tokensPerFrame;
        this.at = at;
        this.source = source;
        this.encoder = source.sampler().encoder();
    }

    PhaseStats stats(long samplesMax, LongConsumer progress) {
        long epoch = source.sampler().mixture().epochSize();
        long records = Math.min(samplesMax, epoch);
        for (long i = 0; i < records; i++) {
            count(spread(i, records, epoch));
            progress.accept(i + 1);
        }
        long[] lengths = tokens.build().toArray();
        List<PhaseStats.RankLoad> ranks = new ArrayList<>();
        PhaseStats.Packing packing = pack(samplesMax, ranks);
        return new PhaseStats(
                new PhaseStats.Plan(
                        at.stage().name(),
                        at.phase().name(),
                        ((Source.Dataset) at.phase().source()).mixture(),
                        epoch,
                        at.phase().samplesPerStep(),
                        at.phase().steps(),
                        at.stage().contextTokensMax()),
                new PhaseStats.Sampled(records, usable, tooLong, damaged, faults),
                Spread.of(lengths),
                Spread.of(frames.build().toArray()),
                Spread.of(learned.build().toArray()),
                Histogram.of(lengths),
                packing,
                ranks);
    }

    /** Evenly over {@code [0, end)}, without overflow for any count. */
    private static long spread(long index, long count, long end) {
        return index * (end / count) + index * (end % count) / count;
    }

    private void count(long position) {
        Mixture mixture = source.sampler().mixture();
        Mixture.Pick pick = mixture.at(position);
        try {
            DataRecord record = mixture.read(pick);
            Sample sample = encoder.encode(record);
            encoder.requireKnown(record.id(), sample);
            long length = sample.expandedTokens(tokensPerFrame);
            tokens.add(length);
            frames.add(sample.frames().frameCount());
            learned.add(Piece.learnedTokens(sample));
            if (length > at.stage().contextTokensMax()) {
                tooLong++;
                fault(mixture, pick, "%d tokens are more than the context".formatted(length));
            } else {
                usable++;
            }
        } catch (RuntimeFailure e) {
            if (e.category() != RuntimeFailure.Category.DATA) {
                throw e;
            }
            damaged++;
            fault(mixture, pick, e.getMessage());
        }
    }

    private void fault(Mixture mixture, Mixture.Pick pick, String reason) {
        PhaseStats.Fault fault =
                new PhaseStats.Fault(mixture.datasets().get(pick.datasetIndex()).name(), pick.recordIndex(), reason);
        // An epoch may have a record several times.
        if (faults.size() < FAULTS_SHOWN && !faults.contains(fault)) {
            faults.add(fault);
        }
    }

    /** The first steps as the run packs them, without what cannot be used. */
    private PhaseStats.Packing pack(long samplesMax, List<PhaseStats.RankLoad> ranks) {
        Mesh mesh = config.mesh();
        int perStep = at.phase().samplesPerStep();
        int steps = Math.min(at.phase().steps(), Math.clamp(samplesMax / perStep, 1, STEPS_MAX));
        long[] rankFrames = new long[mesh.worldSize()];
        long[] rankTokens = new long[mesh.worldSize()];
        int leftOut = 0;
        int sequences = 0;
        long packed = 0;
        for (int step = 0; step < steps; step++) {
            for (int replica = 0; replica < mesh.dataDegree(); replica++) {
                Span own = Span.part(perStep, mesh.dataDegree(), replica);
                List<Sample> samples = new ArrayList<>();
                for (int i = own.from(); i < own.to(); i++) {
                    usable(source.firstPosition() + (long) step * perStep + i).ifPresent(samples::add);
                }
                leftOut += own.size() - samples.size();
                for (PackedBatch batch : SamplePacker.pack(
                        samples,
                        tokensPerFrame,
                        at.stage().contextTokensMax(),
                        at.stage().name())) {
                    SequenceLayout layout = SequenceLayout.of(batch, tokensPerFrame);
                    sequences++;
                    packed += layout.tokens();
                    deal(layout, replica, rankFrames, rankTokens);
                }
            }
        }
        for (int rank = 0; rank < mesh.worldSize(); rank++) {
            ranks.add(new PhaseStats.RankLoad(rank, mesh.dataOf(rank), rankFrames[rank], rankTokens[rank]));
        }
        return new PhaseStats.Packing(
                steps, steps * perStep, leftOut, sequences, packed, at.stage().contextTokensMax());
    }

    private Optional<Sample> usable(long position) {
        Mixture mixture = source.sampler().mixture();
        try {
            DataRecord record = mixture.read(mixture.at(position));
            Sample sample = encoder.encode(record);
            encoder.requireKnown(record.id(), sample);
            encoder.requireFit(record.id(), sample);
            return Optional.of(sample);
        } catch (RuntimeFailure e) {
            if (e.category() != RuntimeFailure.Category.DATA) {
                throw e;
            }
            return Optional.empty();
        }
    }

    /** Adds what each rank of a replica has of a sequence. */
    private void deal(SequenceLayout layout, int replica, long[] rankFrames, long[] rankTokens) {
        Mesh mesh = config.mesh();
        TokenShards shards = config.sharding().stages() == Stages.ONE
                ? TokenShards.byFrames(layout, mesh)
                : TokenShards.of(config.sharding().layout(), layout.tokens(), mesh);
        for (int index = 0; index < mesh.spDegree(); index++) {
            int rank = replica * mesh.spDegree() + index;
            rankFrames[rank] += shards.frames(layout.frames(), index).size();
            rankTokens[rank] += shards.ulyssesRows(mesh.ringOf(index), mesh.ulyssesOf(index))
                    .size();
        }
    }
}
