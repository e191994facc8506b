package io.longreel.runtime.serving;

import io.longreel.config.RunConfig;
import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.Placement;
import io.longreel.curriculum.chat.PromptEncoder;
import io.longreel.model.InferenceSession;
import io.longreel.model.LoadedModel;
import io.longreel.model.SessionOptions;
import io.longreel.model.cache.RankCache;
import io.longreel.ops.device.Device;
import io.longreel.ops.device.Devices;
import io.longreel.runtime.protocol.HeldSlice;
import io.longreel.runtime.protocol.SnapshotId;
import io.longreel.runtime.protocol.WrittenSlice;
import io.longreel.runtime.rank.RankJob;
import io.longreel.runtime.rank.RankWorkFactory;
import io.longreel.runtime.rank.SpareTime;
import io.longreel.runtime.rank.WorkInstruments;
import io.longreel.transport.TransportNode;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a process shares among its ranks when it serves: the transport, the weights, which are read once, and what turns media into frames. */
final class ServingWorkFactory implements RankWorkFactory {
    private static final Logger LOG = LoggerFactory.getLogger(ServingWorkFactory.class);

    private final RunConfig config;
    private final TransportNode transport;
    private final PromptEncoder encoder;
    private final WorkInstruments instruments;
    private final SpareTime spareTime;
    private final Device device = Devices.cpu();
    private Optional<LoadedModel> model = Optional.empty();
    /** What ranks keep of sequences, by rank; outlives them. */
    private final Map<Integer, RankCache> caches = new HashMap<>();

    private boolean hasComputed;

    private ServingWorkFactory(
            RunConfig config,
            TransportNode transport,
            PromptEncoder encoder,
            WorkInstruments instruments,
            SpareTime spareTime) {
        this.config = config;
        this.transport = transport;
        this.encoder = encoder;
        this.instruments = instruments;
        this.spareTime = spareTime;
    }

    static ServingWorkFactory open(
            RunConfig config, String host, WorkInstruments instruments, SpareTime spareTime, LongSupplier clockNs) {
        PromptEncoder encoder = ServingPlan.encoder(config, clockNs);
        try {
            TransportNode transport = TransportNode.open(config.transport(), host, instruments.links());
            return new ServingWorkFactory(config, transport, encoder, instruments, spareTime);
        } catch (RuntimeException e) {
            encoder.close();
            throw e;
        }
    }

    @Override
    public String dataEndpoint() {
        return transport.dataEndpoint();
    }

    @Override
    public String driverDirectory() {
        return transport.driverDirectory();
    }

    /** A spare has its weights when it is needed, and has answered a question of its own. */
    @Override
    public void warmUp(BooleanSupplier isNeeded) {
        try {
            LoadedModel loaded = model();
            if (!hasComputed && !isNeeded.getAsBoolean()) {
                hasComputed = true;
                int tokens = ServingWarmUp.run(loaded, device, SessionOptions.of(config), isNeeded);
                LOG.info("node.warm tokens={}", tokens);
            }
        } finally {
            spareTime.end();
        }
    }

    @Override
    public RankJob create(Placement placement, int rank) {
        spareTime.end();
        return new ServingWork(this, placement, rank);
    }

    /** The weights; read when they are first asked for. Any rank's thread. */
    synchronized LoadedModel model() {
        LoadedModel loaded = model.orElseGet(
                () -> LoadedModel.open(encoder.origin(), encoder.model(), device, SessionOptions.of(config)));
        model = Optional.of(loaded);
        return loaded;
    }

    /** What a rank keeps: as an earlier one in its place has left it, if the mesh is the same. */
    synchronized RankCache cache(Placement placement, int rank) {
        Set<Integer> here = new HashSet<>();
        for (Placement.RankSite site : placement.ranks()) {
            if (site.dataEndpoint().equals(transport.dataEndpoint())) {
                here.add(site.rank());
            }
        }
        Mesh mesh = placement.mesh();
        caches.entrySet().removeIf(entry -> {
            boolean isStale =
                    !here.contains(entry.getKey()) || !entry.getValue().mesh().equals(mesh);
            if (isStale) {
                entry.getValue().close();
            }
            return isStale;
        });
        return caches.computeIfAbsent(
                rank,
                key -> InferenceSession.openCache(
                        model().config(),
                        mesh,
                        rank,
                        ServingPlan.cachePages(config, model().config(), ServingPlan.mirrors(config)),
                        ServingPlan.mirrors(config)));
    }

    @Override
    public Optional<String> defect() {
        return transport.isUsable()
                ? Optional.empty()
                : Optional.of("the process was stopped so long that its media driver gave its links up");
    }

    @Override
    public List<HeldSlice> held() {
        return List.of();
    }

    @Override
    public synchronized void dropSnapshots() {
        caches.values().forEach(RankCache::close);
        caches.clear();
    }

    @Override
    public List<WrittenSlice> writeSlices(SnapshotId snapshot, Path directory) {
        throw new IllegalStateException("who serves takes no snapshots: snapshot=" + snapshot);
    }

    @Override
    public void close() {
        encoder.close();
        transport.close();
        dropSnapshots();
        model.ifPresent(LoadedModel::close);
    }

    RunConfig config() {
        return config;
    }

    TransportNode transport() {
        return transport;
    }

    PromptEncoder encoder() {
        return encoder;
    }

    WorkInstruments instruments() {
        return instruments;
    }

    Device device() {
        return device;
    }
}
