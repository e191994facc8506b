package io.longreel.runtime.rank;

import io.longreel.config.LearningRates;
import io.longreel.config.StageSettings;
import io.longreel.config.StageSettings.Needle;
import io.longreel.config.StageSettings.Rope;
import io.longreel.config.topology.Placement;
import io.longreel.curriculum.Curriculum;
import io.longreel.curriculum.StepFeed;
import io.longreel.curriculum.StepSamples;
import io.longreel.curriculum.eval.NeedleGrid;
import io.longreel.curriculum.text.TextForm;
import io.longreel.model.MmspSession;
import io.longreel.model.SessionOptions;
import io.longreel.model.TrainSession;
import io.longreel.model.snapshot.SnapshotKey;
import io.longreel.model.snapshot.SnapshotPeers;
import io.longreel.model.snapshot.SnapshotSite;
import io.longreel.runtime.protocol.LinkWaits;
import io.longreel.runtime.protocol.RankUsage;
import io.longreel.runtime.protocol.SentBytes;
import io.longreel.runtime.protocol.SnapshotId;
import io.longreel.transport.LinkCounters;
import io.longreel.transport.RankEndpoint;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One rank's session, feed and endpoint. Made by {@link TrainingWorkFactory}; the compute thread's own, except for the
 * abort.
 */
final class TrainingWork implements RankWork {
    private final TrainingWorkFactory shared;
    private final Placement placement;
    private final int rank;
    private final StepFeed feed;
    private final RankInstruments instruments;
    private final DataWait dataWait;

    /** Also seen by the thread that watches the rank. */
    private volatile @Nullable RankEndpoint endpoint;

    private @Nullable TrainSession session;
    private @Nullable NeedleGrid grid;

    TrainingWork(TrainingWorkFactory shared, Placement placement, int rank) {
        this.shared = shared;
        this.placement = placement;
        this.rank = rank;
        this.instruments = shared.instruments().of(placement, rank);
        this.dataWait = new DataWait(
                shared.clockNs(), shared.config().recovery().progressTimeout().toNanos());
        this.feed = shared.curriculum().feed(shared.system(), placement.mesh(), rank);
    }

    @Override
    public TrainSession connect() {
        RankEndpoint opened = instruments.around(shared.transport().open(placement, rank));
        endpoint = opened;
        TrainSession made = MmspSession.open(
                shared.model(),
                instruments.around(shared.device()),
                placement.mesh(),
                SessionOptions.of(shared.config()),
                opened,
                new SnapshotSite(shared.vault(), SnapshotPeers.of(placement, shared.replicas())));
        session = made;
        feed.skip(made::knowsFrame);
        return made;
    }

    @Override
    public void prepare(TrainSession model) {
        model.initialize(shared.config().seed()); // also the root of what stages draw themselves
        shared.origin().ifPresent(model::load);
    }

    @Override
    public void adopt(TrainSession model) {
        model.adopt(shared.config().seed(), shared.origin());
    }

    @Override
    public void beginStage(TrainSession model, int stage) {
        model.beginStage(settings(stage));
    }

    @Override
    public void exportAdapter(TrainSession model, int stage, Path directory) {
        model.exportAdapter(directory, decoderBefore(stage, directory));
    }

    /** Folder of the decoder that a stage began with, where there is one: the one before left it, or it is what the run began with. */
    private String decoderBefore(int stage, Path adapter) {
        if (stage == 0) {
            return shared.origin().map(origin -> origin.llm().toString()).orElse("");
        }
        StageSettings before = settings(stage - 1);
        Path models = adapter.resolveSibling("..").normalize();
        return before.exports() ? models.resolve(before.name()).resolve("llm").toString() : "";
    }

    @Override
    public StepSamples samples(int stage, int step) {
        dataWait.start();
        try {
            StepSamples samples = feed.next(stage, step);
            return samples.with(instruments.around(samples.batches()));
        } finally {
            dataWait.stop();
        }
    }

    @Override
    public LearningRates learningRates(int stage, int step) {
        return curriculum().plan().at(stage, step).learningRates();
    }

    @Override
    public Rope rope(int stage, int step) {
        return step < settings(stage).steps()
                ? curriculum().plan().at(stage, step).rope()
                : curriculum().plan().ropeAfter(stage);
    }

    @Override
    public List<Question> questions(int stage, int cell) {
        Needle needle = settings(stage)
                .evaluation()
                .orElseThrow(() -> new IllegalArgumentException("the stage has no needle test: stage=" + stage));
        NeedleGrid known = grid;
        if (known == null || !known.name().equals(needle.name())) {
            known = curriculum().needleGrid(needle);
            grid = known;
        }
        List<Question> questions = new ArrayList<>();
        for (int i = 0; i < needle.needles(); i++) {
            questions.add(new Question(known.batch(cell, i), List.of(known.expected(cell, i))));
        }
        return questions;
    }

    @Override
    public Map<String, byte[]> attachments() {
        return rank == 0 ? TextForm.files(shared.config()) : Map.of();
    }

    @Override
    public RankInstruments instruments() {
        return instruments;
    }

    @Override
    public void snapshot(TrainSession model, SnapshotId id) {
        model.snapshot(key(id));
    }

    @Override
    public void restoreSnapshot(TrainSession model, SnapshotId source) {
        model.restoreSnapshot(key(source));
    }

    @Override
    public void dropSnapshotsBefore(SnapshotId oldest) {
        if (!oldest.equals(SnapshotId.NONE)) {
            shared.vault().dropOlderThan(key(oldest));
        }
    }

    static SnapshotKey key(SnapshotId id) {
        return new SnapshotKey(id.generation(), id.stage(), id.step());
    }

    @Override
    public long waitedNs() {
        RankEndpoint opened = endpoint;
        return opened == null ? 0 : opened.waitedNs();
    }

    @Override
    public long progress() {
        RankEndpoint opened = endpoint;
        return dataWait.progress() + (opened == null ? 0 : opened.progress());
    }

    @Override
    public long dataWaitedNs() {
        return dataWait.waitedNs();
    }

    @Override
    public boolean countsForReplica() {
        return placement.mesh().sequenceIndexOf(rank) == 0;
    }

    @Override
    public SentBytes sentBytes() {
        if (endpoint == null) {
            return SentBytes.NONE;
        }
        LinkCounters counters = endpoint.counters();
        return new SentBytes(counters.localBytes(), counters.intraNodeBytes(), counters.interNodeBytes());
    }

    @Override
    public RankUsage usage(TrainSession model) {
        ProcessMemory memory = ProcessMemory.now();
        LinkWaits waits = LinkWaits.NONE;
        if (endpoint != null) {
            LinkCounters counters = endpoint.counters();
            waits = new LinkWaits(counters.localWaitedNs(), counters.intraNodeWaitedNs(), counters.interNodeWaitedNs());
        }
        return new RankUsage(model.allocatedBytes(), memory.residentBytes(), memory.peakBytes(), waits, 0);
    }

    @Override
    public void abort(String reason) {
        feed.close();
        shared.transport().abort(placement.generation(), reason);
    }

    @Override
    public void close() {
        feed.close();
        try {
            // First: a peer that finds a message of ours must not copy from memory that was given back.
            if (endpoint != null) {
                endpoint.close();
            }
        } finally {
            if (session != null) {
                session.close();
            }
        }
    }

    private StageSettings settings(int stage) {
        return shared.config().stages().get(stage);
    }

    private Curriculum curriculum() {
        return shared.curriculum();
    }
}
