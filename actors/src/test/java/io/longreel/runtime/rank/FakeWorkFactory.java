package io.longreel.runtime.rank;

import io.longreel.config.LearningRates;
import io.longreel.config.RuntimeFailure;
import io.longreel.config.StageSettings;
import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.Placement;
import io.longreel.curriculum.StepSamples;
import io.longreel.model.FrameSource;
import io.longreel.model.FrameUse;
import io.longreel.model.PackedBatch;
import io.longreel.model.TrainSession;
import io.longreel.model.checkpoint.ModelOrigin;
import io.longreel.model.snapshot.SnapshotKey;
import io.longreel.runtime.protocol.HeldSlice;
import io.longreel.runtime.protocol.SentBytes;
import io.longreel.runtime.protocol.SnapshotId;
import io.longreel.runtime.protocol.WrittenSlice;
import io.longreel.transport.CommunicationAborted;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Ranks without a model: every call is written down, losses follow from the step, and a step can be made to fail or to
 * wait until it is aborted.
 */
public final class FakeWorkFactory implements RankWorkFactory {
    public final Queue<String> calls = new ConcurrentLinkedQueue<>();
    public final AtomicInteger openWorks = new AtomicInteger();
    public volatile boolean isClosed;
    private final ConcurrentSkipListSet<HeldSlice> held =
            new ConcurrentSkipListSet<>(Comparator.comparing(HeldSlice::toString));
    private volatile Optional<String> defect = Optional.empty();
    private volatile boolean isDiskFull;
    private volatile int stuckStep = -1;
    private volatile int failingStep = -1;
    private volatile int waitingStep = -1;
    private volatile int differingRank = -1;

    public FakeWorkFactory failAt(int step) {
        failingStep = step;
        return this;
    }

    /** The step waits for its peers until it is aborted. */
    public FakeWorkFactory waitAt(int step) {
        waitingStep = step;
        return this;
    }

    /** This rank computes another loss than the others. */
    public FakeWorkFactory differAt(int rank) {
        differingRank = rank;
        return this;
    }

    /** The step neither ends nor can be aborted until the latch opens. */
    public final CountDownLatch stuck = new CountDownLatch(1);

    public FakeWorkFactory stickAt(int step) {
        stuckStep = step;
        return this;
    }

    public FakeWorkFactory breakDown(String text) {
        defect = Optional.of(text);
        return this;
    }

    public FakeWorkFactory fillDisk() {
        isDiskFull = true;
        return this;
    }

    @Override
    public Optional<String> defect() {
        return defect;
    }

    @Override
    public List<HeldSlice> held() {
        return List.copyOf(held);
    }

    @Override
    public void warmUp(BooleanSupplier isNeeded) {
        calls.add("warm up" + (isNeeded.getAsBoolean() ? " in vain" : ""));
    }

    @Override
    public void dropSnapshots() {
        held.clear();
        calls.add("drop all");
    }

    @Override
    public List<WrittenSlice> writeSlices(SnapshotId snapshot, Path directory) {
        calls.add("write %s to %s".formatted(snapshot, directory));
        if (isDiskFull) {
            throw new RuntimeFailure(RuntimeFailure.Category.RETRYABLE, "no space left for " + directory);
        }
        return held.stream()
                .filter(slice -> slice.snapshot().equals(snapshot))
                .map(slice -> new WrittenSlice(slice.rank(), "rank-%d.slice".formatted(slice.rank()), 8, "ab"))
                .toList();
    }

    @Override
    public String dataEndpoint() {
        return "127.0.0.1:4000";
    }

    @Override
    public String driverDirectory() {
        return "/dev/shm/fake";
    }

    @Override
    public RankWork create(Placement placement, int rank) {
        openWorks.incrementAndGet();
        return new FakeWork(placement, rank);
    }

    /** A rank that is seen to wait for its samples. */
    RankWork waitingForData(DataWait wait) {
        return new FakeWork(Placement.inProcess(Mesh.single()), 0) {
            @Override
            public long dataWaitedNs() {
                return wait.waitedNs();
            }

            @Override
            public long progress() {
                return wait.progress();
            }
        };
    }

    @Override
    public void close() {
        isClosed = true;
    }

    private class FakeWork implements RankWork {
        private final Placement placement;
        private final int rank;
        private long sentBytes;
        private final CompletableFuture<Void> abort = new CompletableFuture<>();

        FakeWork(Placement placement, int rank) {
            this.placement = placement;
            this.rank = rank;
        }

        @Override
        public TrainSession connect() {
            note("connect");
            return new FakeSession(this);
        }

        /** Ten bytes more on every question. */
        @Override
        public SentBytes sentBytes() {
            sentBytes += 10;
            return new SentBytes(0, sentBytes, 0);
        }

        @Override
        public void prepare(TrainSession session) {
            note("prepare");
        }

        @Override
        public void adopt(TrainSession session) {
            note("adopt");
        }

        @Override
        public void beginStage(TrainSession session, int stage) {
            note("begin " + stage);
        }

        @Override
        public void snapshot(TrainSession session, SnapshotId id) {
            note("%s".formatted(id));
            held.add(new HeldSlice(id, rank, placement.mesh().worldSize()));
        }

        @Override
        public void restoreSnapshot(TrainSession session, SnapshotId source) {
            note("restore " + source);
        }

        @Override
        public void dropSnapshotsBefore(SnapshotId oldest) {
            held.removeIf(slice -> slice.snapshot().generation() < oldest.generation()
                    || (slice.snapshot().generation() == oldest.generation()
                            && slice.snapshot().step() < oldest.step()));
        }

        @Override
        public long waitedNs() {
            return 0;
        }

        @Override
        public long progress() {
            return 0;
        }

        @Override
        public StepSamples samples(int stage, int step) {
            if (step == failingStep) {
                throw RuntimeFailure.data("frame %d is broken".formatted(step));
            }
            if (step == stuckStep) {
                note("stuck");
                awaitRelease();
            }
            if (step == waitingStep) {
                note("wait");
                try {
                    abort.join();
                } catch (CompletionException e) {
                    throw new CommunicationAborted(placement.generation(), String.valueOf(e.getCause()));
                }
            }
            int[] ids = {stage, step};
            PackedBatch batch = PackedBatch.single(ids, ids.clone(), 319, FrameSource.NONE);
            return new StepSamples(List.of(batch), List.of(), 64, 5);
        }

        @Override
        public void exportAdapter(TrainSession session, int stage, Path directory) {
            session.exportAdapter(directory, "");
        }

        @Override
        public LearningRates learningRates(int stage, int step) {
            return LearningRates.of(1e-3);
        }

        @Override
        public StageSettings.Rope rope(int stage, int step) {
            return stage == 0
                    ? StageSettings.Rope.UNCHANGED
                    : new StageSettings.Rope(Optional.of(1e6 * (1 + step / 2)), Optional.empty());
        }

        @Override
        public List<Question> questions(int stage, int cell) {
            int[] ids = {7, cell};
            PackedBatch batch = PackedBatch.single(ids, ids.clone(), 319, FrameSource.NONE);
            return List.of(new Question(batch, List.of(cell)), new Question(batch, List.of(99)));
        }

        @Override
        public void abort(String reason) {
            note("abort");
            abort.completeExceptionally(new IllegalStateException(reason));
        }

        @Override
        public void close() {
            openWorks.decrementAndGet();
            note("close");
        }

        private void awaitRelease() {
            try {
                stuck.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        private void note(String call) {
            calls.add("rank %d: %s".formatted(rank, call));
        }
    }

    private final class FakeSession implements TrainSession {
        private final FakeWork work;
        private @Nullable Path restored;

        FakeSession(FakeWork work) {
            this.work = work;
        }

        @Override
        public void initialize(long seed) {
            work.note("initialize");
        }

        @Override
        public void load(ModelOrigin origin) {
            work.note("load");
        }

        @Override
        public void beginStage(StageSettings stage) {
            work.note("begin");
        }

        @Override
        public void rope(StageSettings.Rope rope) {
            work.note("theta " + rope.theta().orElse(0.0).intValue());
        }

        @Override
        public StepReport step(List<PackedBatch> microBatches, LearningRates rates) {
            int[] ids = microBatches.getFirst().ids();
            work.note("step %d %d".formatted(ids[0], ids[1]));
            double loss = 1.0 / (1 + ids[0] * 10 + ids[1]) + (work.rank == differingRank ? 1e-9 : 0);
            return new StepReport(loss, 2, 100, 1.0, true);
        }

        @Override
        public FrameUse frameUse() {
            return new FrameUse(3, 4);
        }

        @Override
        public void endStage() {
            work.note("end");
        }

        @Override
        public int[] answer(PackedBatch batch) {
            return new int[] {batch.ids()[1]};
        }

        @Override
        public SliceFile saveSlice(Path directory) {
            work.note("save " + directory.getFileName());
            return new SliceFile("rank-%d.slice".formatted(work.rank), 8, "ab");
        }

        @Override
        public void restore(Path directory) {
            restored = directory;
            work.note("restore " + restored.getFileName());
        }

        @Override
        public void adopt(long seed, Optional<ModelOrigin> origin) {
            work.note("adopt");
        }

        @Override
        public void snapshot(SnapshotKey key) {
            work.note("snapshot " + key);
        }

        @Override
        public void restoreSnapshot(SnapshotKey key) {
            work.note("restore snapshot " + key);
        }

        @Override
        public void exportAdapter(Path directory, String base) {
            work.note("export adapter " + directory.getFileName());
        }

        @Override
        public void exportModel(Path directory, Map<String, byte[]> attachments) {
            work.note("export " + directory.getFileName());
        }

        @Override
        public void close() {
            work.note("close session");
        }
    }
}
