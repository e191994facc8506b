package io.longreel.runtime.serving;

import io.longreel.config.topology.Placement;
import io.longreel.curriculum.engine.EngineProgram;
import io.longreel.model.InferenceSession;
import io.longreel.model.LoadedModel;
import io.longreel.model.SessionOptions;
import io.longreel.runtime.protocol.RankCommand;
import io.longreel.runtime.protocol.RankReport;
import io.longreel.runtime.protocol.StepId;
import io.longreel.runtime.rank.RankInstruments;
import io.longreel.runtime.rank.RankJob;
import io.longreel.transport.RankEndpoint;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** One rank that answers: its session, and its links. The compute thread's own, except for the abort. */
final class ServingWork implements RankJob {
    private final ServingWorkFactory shared;
    private final Placement placement;
    private final int rank;
    private final RankInstruments instruments;

    /** Also seen by the thread that watches the rank. */
    private volatile @Nullable RankEndpoint endpoint;

    private @Nullable InferenceSession session;
    private @Nullable EngineProgram program;

    ServingWork(ServingWorkFactory shared, Placement placement, int rank) {
        this.shared = shared;
        this.placement = placement;
        this.rank = rank;
        this.instruments = shared.instruments().of(placement, rank);
    }

    @Override
    public Program begin(StepId at, int self, LongSupplier clockNs) {
        RankEndpoint opened = instruments.around(shared.transport().open(placement, rank));
        endpoint = opened;
        return command -> run(command, opened);
    }

    private RankReport run(RankCommand.FromSupervisor command, RankEndpoint opened) {
        return switch (command) {
            case RankCommand.PrepareModel prepare -> {
                prepare(opened);
                yield new RankReport.Prepared(command.at(), rank);
            }
            case RankCommand.RunTick tick ->
                new RankReport.TickDone(command.at(), rank, program().run(tick.tick()));
            default -> throw new IllegalArgumentException("a rank that answers does not train: " + command);
        };
    }

    private EngineProgram program() {
        EngineProgram prepared = program;
        if (prepared == null) {
            throw new IllegalStateException("a rank needs its weights first: rank=" + rank);
        }
        return prepared;
    }

    private void prepare(RankEndpoint opened) {
        LoadedModel model = shared.model();
        InferenceSession made = InferenceSession.open(
                model,
                instruments.around(shared.device()),
                placement.mesh(),
                SessionOptions.of(shared.config()),
                shared.cache(placement, rank),
                opened);
        session = made;
        program =
                new EngineProgram(made, shared.encoder()::frames, model.config().imageToken());
    }

    @Override
    public long waitedNs() {
        RankEndpoint opened = endpoint;
        return opened == null ? 0 : opened.waitedNs();
    }

    @Override
    public long progress() {
        RankEndpoint opened = endpoint;
        return opened == null ? 0 : opened.progress();
    }

    @Override
    public void abort(String reason) {
        shared.transport().abort(placement.generation(), reason);
    }

    @Override
    public void close() {
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
}
