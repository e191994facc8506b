package io.longreel.curriculum.engine;

import io.longreel.config.RuntimeFailure;
import io.longreel.config.topology.Mesh;
import io.longreel.curriculum.chat.PromptEncoder;
import io.longreel.model.InferenceRanks;
import io.longreel.model.InferenceSession;
import io.longreel.model.LoadedModel;
import io.longreel.model.SessionOptions;
import io.longreel.ops.device.Device;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Ranks as threads of this process: for one machine, and for tests. When one fails, all begin anew, a few times. */
public final class LocalMesh implements EngineMesh {
    private static final Logger LOG = LoggerFactory.getLogger(LocalMesh.class);
    /** Failures without a tick between them that is done. */
    private static final int FAILURES_MAX = 3;

    private final Setup setup;
    private final List<BlockingQueue<Optional<EngineTick>>> queues = new ArrayList<>();
    private final List<TickResult> results = new ArrayList<>();
    private @Nullable Thread thread;
    private volatile boolean isClosing;
    private int failures;
    private int loaded;
    private volatile long incarnation;

    /**
     * What the ranks are.
     *
     * @param cachePages of each rank
     */
    public record Setup(Mesh mesh, Device device, SessionOptions options, PromptEncoder encoder, int cachePages) {}

    public LocalMesh(Setup setup) {
        this.setup = setup;
        for (int rank = 0; rank < setup.mesh().worldSize(); rank++) {
            queues.add(new LinkedBlockingQueue<>());
        }
    }

    @Override
    public void start(Listener listener) {
        thread = Thread.ofPlatform().daemon().name("longreel-mesh").start(() -> keepUp(listener));
    }

    private void keepUp(Listener listener) {
        while (!isClosing) {
            try (LoadedModel model = LoadedModel.open(
                    setup.encoder().origin(), setup.encoder().model(), setup.device(), setup.options())) {
                InferenceRanks.run(
                        model,
                        setup.device(),
                        setup.mesh(),
                        setup.options(),
                        setup.cachePages(),
                        (rank, session) -> answer(rank, session, listener));
            } catch (RuntimeException | Error e) {
                if (isClosing) {
                    return;
                }
                LOG.warn("mesh.failed", e);
                failures++;
                queues.forEach(BlockingQueue::clear);
                if (isLasting(e)) {
                    listener.failed(failure(e));
                    return;
                }
                listener.lost(String.valueOf(e.getMessage()));
            }
        }
    }

    private boolean isLasting(Throwable e) {
        boolean isConfiguration =
                e instanceof RuntimeFailure failure && failure.category() == RuntimeFailure.Category.CONFIG;
        boolean isModel = e instanceof RuntimeFailure failure
                && failure.category() == RuntimeFailure.Category.DATA
                && incarnation == 0; // before the first question, only the model's files are read
        boolean isUsers = isConfiguration || isModel;
        return isUsers || e instanceof Error || failures >= FAILURES_MAX;
    }

    private static RuntimeFailure failure(Throwable e) {
        return e instanceof RuntimeFailure failure
                ? failure
                : new RuntimeFailure(RuntimeFailure.Category.FATAL, "the ranks failed: " + e, e);
    }

    private void answer(int rank, InferenceSession session, Listener listener) throws InterruptedException {
        BlockingQueue<Optional<EngineTick>> queue = queues.get(rank);
        try {
            EngineProgram program = new EngineProgram(
                    session, setup.encoder()::frames, setup.encoder().model().imageToken());
            isLoaded(listener);
            while (!isClosing) {
                Optional<EngineTick> tick = queue.take();
                if (tick.isEmpty()) {
                    break;
                }
                isDone(program.run(tick.get()), listener);
            }
        } finally {
            // Whoever waits for a tick would never hear that this rank is gone.
            queues.forEach(other -> other.add(Optional.empty()));
        }
    }

    private synchronized void isLoaded(Listener listener) {
        loaded++;
        if (loaded == queues.size()) {
            loaded = 0;
            results.clear();
            queues.forEach(BlockingQueue::clear);
            incarnation++;
            listener.ready(incarnation, setup.mesh().ringDegree());
        }
    }

    private synchronized void isDone(TickResult result, Listener listener) {
        if (!results.isEmpty() && !results.getFirst().agreesWith(result)) {
            throw new IllegalStateException(
                    "ranks must choose the same: one=%s other=%s".formatted(results.getFirst(), result));
        }
        results.add(result);
        if (results.size() == queues.size()) {
            TickResult joined = results.stream().reduce(TickResult::joined).orElseThrow();
            results.clear();
            failures = 0;
            listener.done(joined);
        }
    }

    @Override
    public synchronized void run(EngineTick tick) {
        if (tick.incarnation() == incarnation) {
            queues.forEach(queue -> queue.add(Optional.of(tick)));
        }
    }

    @Override
    public void close() {
        isClosing = true;
        queues.forEach(queue -> queue.add(Optional.empty()));
        Thread running = thread;
        if (running != null) {
            try {
                running.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
