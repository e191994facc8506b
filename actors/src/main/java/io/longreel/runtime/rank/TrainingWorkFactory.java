package io.longreel.runtime.rank;

import io.longreel.config.ModelFit;
import io.longreel.config.ModelSettings.Architecture;
import io.longreel.config.RunConfig;
import io.longreel.config.RunConfigLoader;
import io.longreel.config.RuntimeFailure;
import io.longreel.config.topology.Placement;
import io.longreel.curriculum.Curriculum;
import io.longreel.curriculum.text.ByteTokenizer;
import io.longreel.curriculum.text.TextForm;
import io.longreel.model.ModelConfig;
import io.longreel.model.WarmUp;
import io.longreel.model.checkpoint.ModelOrigin;
import io.longreel.model.snapshot.SnapshotSlices;
import io.longreel.model.snapshot.SnapshotVault;
import io.longreel.ops.device.Device;
import io.longreel.ops.device.Devices;
import io.longreel.runtime.protocol.HeldSlice;
import io.longreel.runtime.protocol.SnapshotId;
import io.longreel.runtime.protocol.WrittenSlice;
import io.longreel.transport.RankEndpoint;
import io.longreel.transport.TransportNode;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.ClassicActorSystemProvider;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The real thing behind {@link RankWorkFactory}: one transport node and one curriculum per process, one model session
 * per rank.
 */
public final class TrainingWorkFactory implements RankWorkFactory {
    /** Not static: who asks for a run's model alone does so before its process knows where it logs. */
    private final Logger log = LoggerFactory.getLogger(TrainingWorkFactory.class);

    private final RunConfig config;
    private final Optional<ModelOrigin> origin;
    private final ModelConfig model;
    private final Device device;
    private final TransportNode transport;
    private final Curriculum curriculum;
    private final WorkInstruments instruments;
    private final ClassicActorSystemProvider system;
    private final SpareTime spareTime;
    private final LongSupplier clockNs;
    private final SnapshotVault vault = SnapshotVault.open();
    /** Whether the code of a step has been run here. */
    private volatile boolean hasComputed;

    private TrainingWorkFactory(
            RunConfig config,
            ModelConfig model,
            Device device,
            TransportNode transport,
            Curriculum curriculum,
            WorkInstruments instruments,
            ClassicActorSystemProvider system,
            SpareTime spareTime,
            LongSupplier clockNs) {
        this.config = config;
        this.origin = originOf(config);
        this.model = model;
        this.device = device;
        this.transport = transport;
        this.curriculum = curriculum;
        this.instruments = instruments;
        this.system = system;
        this.spareTime = spareTime;
        this.clockNs = clockNs;
    }

    /**
     * Opens factories whose data streams run on {@code system}.
     *
     * @param instruments what watches or disturbs the ranks of a run
     * @param spareTime ended when the process is warm or needed
     * @param clockNs of waits for samples
     */
    public static Opener opener(
            ClassicActorSystemProvider system,
            Function<RunConfig, WorkInstruments> instruments,
            SpareTime spareTime,
            LongSupplier clockNs) {
        return (configText, host) -> open(configText, host, system, instruments, spareTime, clockNs);
    }

    private static TrainingWorkFactory open(
            String configText,
            String host,
            ClassicActorSystemProvider system,
            Function<RunConfig, WorkInstruments> instrumentsOf,
            SpareTime spareTime,
            LongSupplier clockNs) {
        RunConfig config = RunConfigLoader.parse(configText, "the seed's configuration", List.of());
        ModelConfig model = modelOf(config);
        WorkInstruments instruments = instrumentsOf.apply(config);
        Curriculum curriculum = Curriculum.open(config, model);
        try {
            TransportNode transport = TransportNode.open(config.transport(), host, instruments.links());
            return new TrainingWorkFactory(
                    config, model, Devices.cpu(), transport, curriculum, instruments, system, spareTime, clockNs);
        } catch (RuntimeException e) {
            curriculum.close();
            throw e;
        }
    }

    /** Where the first weights of a run come from; empty: from its seed. */
    static Optional<ModelOrigin> originOf(RunConfig config) {
        return TextForm.originOf(config);
    }

    /** The numbers of the model that a run trains, which its mesh fits. */
    public static ModelConfig modelOf(RunConfig config) {
        Optional<ModelOrigin> origin = originOf(config);
        if (origin.isPresent()) {
            ModelConfig model = origin.get().readConfig();
            ModelFit.require(
                    config,
                    model.llm().heads(),
                    model.llm().layers(),
                    origin.get().llm());
            return TextForm.fit(config, model);
        }
        Architecture architecture = config.model()
                .architecture()
                .orElseThrow(
                        () -> RuntimeFailure.config(
                                "a run needs a model: neither longreel.model.checkpoint nor longreel.model.architecture is there"));
        return TextForm.fit(config, ModelConfig.of(architecture, ByteTokenizer.IMAGE));
    }

    @Override
    public String dataEndpoint() {
        return transport.dataEndpoint();
    }

    @Override
    public String driverDirectory() {
        return transport.driverDirectory();
    }

    @Override
    public void warmUp(BooleanSupplier isNeeded) {
        if (hasComputed) {
            return; // a process that comes back is as warm as it was
        }
        hasComputed = true;
        try {
            int steps = WarmUp.run(transport.dataEndpoint(), transport.driverDirectory(), new WarmUpGround(), isNeeded);
            log.info("node.warm steps={}", steps);
        } catch (RuntimeFailure e) {
            // Such as no room for its links: the run does without, its first steps here take longer.
            log.warn("node.cold error={}", e.toString());
        } finally {
            spareTime.end();
        }
    }

    @Override
    public RankWork create(Placement placement, int rank) {
        hasComputed = true;
        spareTime.end();
        return new TrainingWork(this, placement, rank);
    }

    @Override
    public Optional<String> defect() {
        return transport.isUsable()
                ? Optional.empty()
                : Optional.of("the process was stopped so long that its media driver gave its links up");
    }

    @Override
    public List<HeldSlice> held() {
        return vault.held().stream()
                .map(slice -> new HeldSlice(
                        new SnapshotId(
                                slice.key().generation(),
                                slice.key().stage(),
                                slice.key().step()),
                        slice.rank(),
                        slice.worldSize()))
                .toList();
    }

    @Override
    public void dropSnapshots() {
        vault.dropAll();
    }

    @Override
    public List<WrittenSlice> writeSlices(SnapshotId snapshot, Path directory) {
        return SnapshotSlices.write(vault, TrainingWork.key(snapshot), directory).stream()
                .map(written -> new WrittenSlice(
                        written.rank(),
                        written.file().name(),
                        written.file().sizeBytes(),
                        written.file().sha256()))
                .toList();
    }

    @Override
    public void close() {
        curriculum.close();
        transport.close();
        vault.close();
    }

    /** As {@link TrainingWork} has it. A rank that reaches no phase of a step meets no fault. */
    private final class WarmUpGround implements WarmUp.Ground {
        @Override
        public RankEndpoint open(Placement placement, int rank) {
            return instruments.of(placement, rank).around(transport.openUnconnected(placement, rank));
        }

        @Override
        public Device device(Placement placement, int rank) {
            return instruments.of(placement, rank).around(device);
        }
    }

    RunConfig config() {
        return config;
    }

    Optional<ModelOrigin> origin() {
        return origin;
    }

    ModelConfig model() {
        return model;
    }

    Device device() {
        return device;
    }

    TransportNode transport() {
        return transport;
    }

    Curriculum curriculum() {
        return curriculum;
    }

    WorkInstruments instruments() {
        return instruments;
    }

    LongSupplier clockNs() {
        return clockNs;
    }

    SnapshotVault vault() {
        return vault;
    }

    /** Nodes besides its own that hold each rank's snapshot. */
    int replicas() {
        return config.recovery().replicas();
    }

    ClassicActorSystemProvider system() {
        return system;
    }
}
