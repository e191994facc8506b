package io.longreel.curriculum;

import io.longreel.config.DataSettings;
import io.longreel.config.RunConfig;
import io.longreel.config.RuntimeFailure;
import io.longreel.config.StageSettings;
import io.longreel.config.StageSettings.Source;
import io.longreel.config.topology.Mesh;
import io.longreel.curriculum.dataset.Haystack;
import io.longreel.curriculum.dataset.Sample;
import io.longreel.curriculum.dataset.SampleMaker;
import io.longreel.curriculum.dataset.SamplePacker;
import io.longreel.curriculum.dataset.SeedPath;
import io.longreel.curriculum.eval.NeedleGrid;
import io.longreel.curriculum.footage.FootageGenerator;
import io.longreel.curriculum.media.MediaStore;
import io.longreel.curriculum.records.RecordSampler.Drawn;
import io.longreel.curriculum.records.SkippedRecord;
import io.longreel.curriculum.stage.RunPlan;
import io.longreel.curriculum.text.TextForm;
import io.longreel.curriculum.video.FootagePool;
import io.longreel.curriculum.video.FootageStore;
import io.longreel.model.ModelConfig;
import io.longreel.model.PackedBatch;
import io.longreel.model.shard.Span;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.pekko.actor.ClassicActorSystemProvider;

/**
 * What a run trains on, opened once per process and shared by its ranks: the footage, the bounded store of its decoded frames, and the rule
 * that says what each step holds. The content of a step follows from (seed, stage, step, sample) alone, so ranks agree without talking,
 * meshes of any shape see the same samples, and a run that resumes goes on where it was.
 *
 * <p>Owns a few named decoding threads. Close the feeds first, then this. All methods may be called from any thread.
 */
public final class Curriculum implements AutoCloseable {
    /** Name of the footage that a run makes for itself, in its run directory. */
    public static final String GENERATED_FOOTAGE = "haystack.mp4";

    private static final int DECODERS_MAX = 4;

    private final RunConfig config;
    private final int tokensPerFrame;
    private final RunPlan plan;
    private final SeedPath seed;
    private final FootageStore store;
    private final RecordSources records;
    private final SampleMaker samples;
    private final ExecutorService decoders;
    private final int decoderCount;

    private Curriculum(RunConfig config, ModelConfig model, TextForm form, FootageStore store, RecordSources records) {
        this.config = config;
        this.tokensPerFrame = model.tokensPerFrame();
        this.plan = RunPlan.of(config.stages());
        this.seed = SeedPath.root(config.seed());
        this.store = store;
        this.records = records;
        this.samples = SampleMaker.over(store, form.wording());
        // Decoding ahead must not crowd out the ranks' own threads.
        this.decoderCount = Math.clamp(Runtime.getRuntime().availableProcessors() / 2, 1, DECODERS_MAX);
        this.decoders = Executors.newFixedThreadPool(
                decoderCount,
                Thread.ofPlatform().name("longreel-decoder-", 0).daemon().factory());
    }

    /**
     * Opens the run's footage; a run without any makes its own in its run directory first, once per host.
     *
     * @param model whose frames and tokens the samples are made of
     */
    public static Curriculum open(RunConfig config, ModelConfig model) {
        TextForm form = form(config, model);
        DataSettings data = config.data();
        int imageSize = model.vision().imageSize();
        if (!needsFootage(config)) {
            return over(FootagePool.absent(1, imageSize), config, model, form);
        }
        if (data.footage().isEmpty()) {
            Path generated = config.out().resolve(GENERATED_FOOTAGE);
            FootageGenerator.ensure(generated, data.generated(), config.seed());
            return over(FootagePool.open(List.of(generated), imageSize), config, model, form);
        }
        return over(FootagePool.open(data.footage(), imageSize, data.sampling()), config, model, form);
    }

    /**
     * A curriculum whose footage is neither opened nor made, for who wants to know what the steps of a run hold: ids, labels, documents and numbers of
     * frames are the run's own, which do not depend on footage. No frame may be read.
     */
    public static Curriculum withoutFootage(RunConfig config, ModelConfig model) {
        return over(
                FootagePool.absent(
                        config.data().generated().frames(), model.vision().imageSize()),
                config,
                model,
                form(config, model));
    }

    /** Whether some sample or test of a run is cut from footage. */
    public static boolean needsFootage(RunConfig config) {
        return config.stages().stream()
                .anyMatch(stage -> stage.evaluation().isPresent()
                        || stage.phases().stream()
                                .anyMatch(phase -> phase.source() instanceof Source.Captions
                                        || phase.source() instanceof Source.NeedleQuestions));
    }

    private static TextForm form(RunConfig config, ModelConfig model) {
        TextForm form = TextForm.open(config, model);
        config.stages().forEach(stage -> requireRoom(stage, model.tokensPerFrame(), form));
        return form;
    }

    /** Takes the pool over. */
    private static Curriculum over(FootagePool pool, RunConfig config, ModelConfig model, TextForm form) {
        try {
            // Footage and media share the bound.
            long cacheBytes = config.data().frameCacheBytes() / (RecordSources.isUsedBy(config) ? 2 : 1);
            RecordSources records = RecordSources.open(config, model, form, cacheBytes, System::nanoTime);
            try {
                return new Curriculum(config, model, form, FootageStore.open(pool, cacheBytes), records);
            } catch (RuntimeException e) {
                records.close();
                throw e;
            }
        } catch (RuntimeException e) {
            pool.close();
            throw e;
        }
    }

    /** The run's steps: phases, learning rates, RoPE bases. */
    public RunPlan plan() {
        return plan;
    }

    /** Decoded frames of this process, for figures. */
    public FootageStore store() {
        return store;
    }

    /**
     * The micro-batches of one step for one data-parallel replica, which together are its share of the global batch: samples are dealt out in
     * contiguous, even parts. Costs no decoding, but a look at each medium that is new.
     */
    public StepSamples samples(int stageIndex, int step, int replica, int replicas) {
        StageSettings stage = config.stages().get(stageIndex);
        RunPlan.Point point = plan.at(stageIndex, step);
        SeedPath stepSeed = seed.child("samples").child(stageIndex).child(step);
        Span own = Span.part(point.phase().samplesPerStep(), replicas, replica);
        List<Sample> usable = new ArrayList<>();
        List<SkippedRecord> skipped = new ArrayList<>();
        for (int i = own.from(); i < own.to(); i++) {
            switch (draw(point, stepSeed, i)) {
                case Drawn.Usable drawn -> usable.add(drawn.sample());
                case Drawn.Left left -> skipped.add(left.record());
            }
        }
        String where = "stage %s, phase %s, step %d"
                .formatted(stage.name(), point.phase().name(), step);
        List<PackedBatch> batches = SamplePacker.pack(usable, tokensPerFrame, stage.contextTokensMax(), where);
        return new StepSamples(batches, skipped, (long) batches.size() * stage.contextTokensMax(), 0);
    }

    private Drawn draw(RunPlan.Point point, SeedPath stepSeed, int sample) {
        return point.phase().source() instanceof Source.Dataset
                ? records.at(
                        point.stageIndex(),
                        point.phaseIndex(),
                        point.phaseStep(),
                        point.phase().samplesPerStep(),
                        sample)
                : new Drawn.Usable(samples.make(
                        point.phase().source(), stepSeed.child(sample).generator()));
    }

    /** A feed for one rank of {@code mesh}. Streams run on {@code system}; decoding runs on this object's own threads. */
    public StepFeed feed(ClassicActorSystemProvider system, Mesh mesh, int rank) {
        return StepFeed.open(
                this,
                system,
                decoders,
                Math.min(decoderCount, Math.max(1, config.data().prefetchSteps())),
                share(mesh, rank),
                System::nanoTime);
    }

    /** Which frames {@link io.longreel.model.shard.TokenShards#frames} gives to a rank. */
    static StepFeed.Share share(Mesh mesh, int rank) {
        int shard = mesh.ringOf(rank) * mesh.ulyssesDegree() + mesh.ulyssesOf(rank);
        return new StepFeed.Share(mesh.dataOf(rank), mesh.dataDegree(), shard, mesh.spDegree());
    }

    /** The needle tests of a stage; all tests of a run share one haystack. */
    public NeedleGrid needleGrid(StageSettings.Needle needle) {
        int framesMax =
                needle.frames().stream().mapToInt(Integer::intValue).max().orElse(1);
        Haystack haystack = Haystack.draw(samples, framesMax, seed.child("haystack"));
        return NeedleGrid.of(needle, haystack, seed.child("needles"));
    }

    /** A sample that is too long would stop the run in the middle: it stops here. */
    private static void requireRoom(StageSettings stage, int tokensPerFrame, TextForm form) {
        for (StageSettings.Phase phase : stage.phases()) {
            long tokens = SampleMaker.tokensMax(phase.source(), tokensPerFrame, form.wording());
            if (tokens > stage.contextTokensMax()) {
                throw RuntimeFailure.config(
                        "the longest sample of stage %s, phase %s has %d tokens, more than its context of %d; raise context-tokens-max or shorten its samples"
                                .formatted(stage.name(), phase.name(), tokens, stage.contextTokensMax()));
            }
        }
    }

    /** Frames of the datasets' media that this process has decoded, and the time that took. */
    public MediaStore.Decoded decoded() {
        return records.decoded();
    }

    int prefetchSteps() {
        return config.data().prefetchSteps();
    }

    /** Stops the decoding threads and frees all decoded frames; waits for a decoder or a rank that is reading. */
    @Override
    public void close() {
        decoders.shutdown();
        store.close();
        records.close();
    }
}
