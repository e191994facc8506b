package io.longreel.curriculum;

import io.longreel.curriculum.dataset.FrameSequence;
import io.longreel.curriculum.stage.RunPlan;
import io.longreel.model.PackedBatch;
import io.longreel.model.shard.Span;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import org.apache.pekko.actor.ClassicActorSystemProvider;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.BoundedSourceQueue;
import org.apache.pekko.stream.QueueOfferResult;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.SinkQueueWithCancel;
import org.apache.pekko.stream.javadsl.Source;
import org.jspecify.annotations.Nullable;

/**
 * One rank's batches, step after step, decoded ahead: a stream draws the samples of coming steps and has the frames of this rank's own vision
 * shard decoded into the process's frame store, while the rank computes. A step enters the stream when one leaves it, so never more than
 * {@code prefetch-steps} are under way, and the frames themselves are bounded by the store.
 *
 * <p>{@link #next} belongs to the rank's compute thread and blocks until its step is there; {@link #close} may come from any thread, at any
 * time, and wakes it. A step that cannot be made fails in the call of {@code next} that asks for it, not earlier.
 */
public final class StepFeed implements AutoCloseable {

    /** Which samples and which of their frames are a rank's own. */
    record Share(int replica, int replicas, int shard, int shards) {
        /** Frames of a packed batch that this rank encodes. */
        Span frames(int count) {
            return Span.part(count, shards, shard);
        }
    }

    /** A step as it leaves the stream: its batches, or why there are none. */
    private record Prepared(int globalStep, List<PackedBatch> batches, Optional<RuntimeException> failure) {}

    /** A running stream and the steps that are under way in it. */
    private record Stream(
            BoundedSourceQueue<Integer> steps, SinkQueueWithCancel<Prepared> prepared, Deque<Integer> underWay) {}

    private final Curriculum curriculum;
    private final ClassicActorSystemProvider system;
    private final Executor decoders;
    private final int parallelism;
    private final Share share;
    private final CompletableFuture<Prepared> closing = new CompletableFuture<>();
    private @Nullable Stream stream;
    private int nextGlobalStep;

    private StepFeed(
            Curriculum curriculum, ClassicActorSystemProvider system, Executor decoders, int parallelism, Share share) {
        this.curriculum = curriculum;
        this.system = system;
        this.decoders = decoders;
        this.parallelism = parallelism;
        this.share = share;
    }

    static StepFeed open(
            Curriculum curriculum, ClassicActorSystemProvider system, Executor decoders, int parallelism, Share share) {
        return new StepFeed(curriculum, system, decoders, parallelism, share);
    }

    /**
     * The micro-batches of a step for this rank's replica. Steps may be asked for in any order; in the order of the run they have been decoded
     * ahead, after a jump the stream starts again there.
     *
     * @throws CancellationException when the feed is closed
     */
    public List<PackedBatch> next(int stageIndex, int step) {
        int globalStep = curriculum.plan().at(stageIndex, step).globalStep();
        Stream current = streamAt(globalStep);
        fill(current, Math.max(1, curriculum.prefetchSteps()));
        Prepared prepared = take(current);
        current.underWay().remove();
        if (prepared.globalStep() != globalStep) {
            throw new IllegalStateException("stream must keep the order of steps: expected=%d actual=%d"
                    .formatted(globalStep, prepared.globalStep()));
        }
        if (prepared.failure().isPresent()) {
            cancel(current);
            stream = null;
            throw prepared.failure().get();
        }
        fill(current, curriculum.prefetchSteps());
        return prepared.batches();
    }

    /** Ends the stream; a call of {@link #next} that waits, and every later one, is cancelled. */
    @Override
    public void close() {
        closing.completeExceptionally(new CancellationException("step feed is closed"));
    }

    /** Steps that have been asked for and not been taken. */
    int stepsUnderWay() {
        Stream current = stream;
        return current == null ? 0 : current.underWay().size();
    }

    private Stream streamAt(int globalStep) {
        if (closing.isDone()) {
            throw new CancellationException("step feed is closed");
        }
        Stream current = stream;
        if (current != null) {
            Integer first = current.underWay().isEmpty()
                    ? Integer.valueOf(nextGlobalStep)
                    : current.underWay().peek();
            if (first == globalStep) {
                return current;
            }
            cancel(current);
        }
        Stream started = start();
        stream = started;
        nextGlobalStep = globalStep;
        return started;
    }

    private Stream start() {
        int capacity = Math.max(1, curriculum.prefetchSteps());
        var queues = Source.<Integer>queue(capacity)
                .mapAsync(parallelism, globalStep -> CompletableFuture.supplyAsync(() -> prepare(globalStep), decoders))
                .toMat(Sink.<Prepared>queue().withAttributes(Attributes.inputBuffer(capacity, capacity)), Keep.both())
                .run(system);
        return new Stream(queues.first(), queues.second(), new ArrayDeque<>());
    }

    /** Sends steps on their way until {@code count} are. */
    private void fill(Stream current, int count) {
        while (current.underWay().size() < count
                && nextGlobalStep < curriculum.plan().steps()) {
            QueueOfferResult result = current.steps().offer(nextGlobalStep);
            if (result != QueueOfferResult.enqueued()) {
                throw new IllegalStateException(
                        "stream must have room for a step that it asked for: step=%d result=%s underWay=%d"
                                .formatted(
                                        nextGlobalStep,
                                        result,
                                        current.underWay().size()));
            }
            current.underWay().add(nextGlobalStep);
            nextGlobalStep++;
        }
    }

    private Prepared take(Stream current) {
        CompletableFuture<Prepared> pulled = current.prepared()
                .pull()
                .toCompletableFuture()
                .thenApply(element -> element.orElseThrow(() -> new CancellationException("step stream has ended")));
        try {
            return (Prepared) CompletableFuture.anyOf(pulled, closing).join();
        } catch (CompletionException e) {
            cancel(current);
            if (e.getCause() instanceof CancellationException cancelled) {
                throw cancelled;
            }
            throw e;
        } catch (CancellationException e) {
            cancel(current);
            throw e;
        }
    }

    private static void cancel(Stream current) {
        current.steps().complete();
        current.prepared().cancel();
    }

    /** Runs on a decoding thread. What goes wrong travels in order to the step that it belongs to. */
    private Prepared prepare(int globalStep) {
        try {
            RunPlan.Point point = curriculum.plan().at(globalStep);
            List<PackedBatch> batches =
                    curriculum.batches(point.stageIndex(), point.step(), share.replica(), share.replicas());
            if (curriculum.prefetchSteps() > 0) {
                batches.forEach(this::warm);
            }
            return new Prepared(globalStep, batches, Optional.empty());
        } catch (RuntimeException e) {
            return new Prepared(globalStep, List.of(), Optional.of(e));
        }
    }

    private void warm(PackedBatch batch) {
        if (batch.frames() instanceof FrameSequence frames) {
            Span own = share.frames(frames.frameCount());
            frames.warm(own.from(), own.to(), closing::isDone);
        }
    }
}
