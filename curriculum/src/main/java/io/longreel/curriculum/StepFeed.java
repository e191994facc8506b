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
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.LongPredicate;
import java.util.function.LongSupplier;
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

    /** A step as it leaves the stream: its samples, or why there are none. */
    private record Prepared(int globalStep, StepSamples samples, Optional<RuntimeException> failure) {}

    /** A running stream and the steps that are under way in it. */
    private record Stream(
            BoundedSourceQueue<Integer> steps,
            SinkQueueWithCancel<Prepared> prepared,
            Deque<Integer> underWay,
            AtomicBoolean cancelled) {

        /** Ends the stream and what is being decoded for it; may come from any thread, and more than once. */
        private void cancel() {
            cancelled.set(true);
            prepared.cancel();
        }
    }

    private final Curriculum curriculum;
    private final ClassicActorSystemProvider system;
    private final Executor decoders;
    private final int parallelism;
    private final Share share;
    private final LongSupplier clockNs;
    private final CompletableFuture<Prepared> closing = new CompletableFuture<>();
    private volatile @Nullable Stream stream;
    private volatile LongPredicate known = key -> false;
    private int nextGlobalStep;

    private StepFeed(
            Curriculum curriculum,
            ClassicActorSystemProvider system,
            Executor decoders,
            int parallelism,
            Share share,
            LongSupplier clockNs) {
        this.curriculum = curriculum;
        this.system = system;
        this.decoders = decoders;
        this.parallelism = parallelism;
        this.share = share;
        this.clockNs = clockNs;
    }

    static StepFeed open(
            Curriculum curriculum,
            ClassicActorSystemProvider system,
            Executor decoders,
            int parallelism,
            Share share,
            LongSupplier clockNs) {
        return new StepFeed(curriculum, system, decoders, parallelism, share, clockNs);
    }

    /**
     * From now on frames of these keys are not decoded ahead: the rank will not read them. Where it does, it decodes them itself.
     *
     * @param newKnown called on decoding threads
     */
    public void skip(LongPredicate newKnown) {
        known = newKnown;
    }

    /**
     * What this rank's replica learns from in a step. Steps may be asked for in any order; in the order of the run they have been decoded
     * ahead, after a jump the stream starts again there.
     *
     * @throws CancellationException when the feed is closed
     */
    public StepSamples next(int stageIndex, int step) {
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
            current.cancel();
            stream = null;
            throw prepared.failure().get();
        }
        fill(current, curriculum.prefetchSteps());
        return prepared.samples();
    }

    /** Ends the stream; a call of {@link #next} that waits, and every later one, is cancelled. */
    @Override
    public void close() {
        closing.completeExceptionally(new CancellationException("step feed is closed"));
        Stream current = stream;
        if (current != null) {
            current.cancel();
        }
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
            current.cancel();
        }
        Stream started = start();
        nextGlobalStep = globalStep;
        return started;
    }

    private Stream start() {
        int capacity = Math.max(1, curriculum.prefetchSteps());
        AtomicBoolean cancelled = new AtomicBoolean();
        var queues = Source.<Integer>queue(capacity)
                .mapAsync(
                        parallelism,
                        globalStep ->
                                CompletableFuture.supplyAsync(() -> prepare(globalStep, cancelled::get), decoders))
                .toMat(Sink.<Prepared>queue().withAttributes(Attributes.inputBuffer(capacity, capacity)), Keep.both())
                .run(system);
        Stream started = new Stream(queues.first(), queues.second(), new ArrayDeque<>(), cancelled);
        stream = started;
        if (closing.isDone()) {
            // close() may have come before it could see this stream.
            started.cancel();
        }
        return started;
    }

    /** Sends steps on their way until {@code count} are. */
    private void fill(Stream current, int count) {
        while (current.underWay().size() < count
                && nextGlobalStep < curriculum.plan().steps()) {
            QueueOfferResult result = current.steps().offer(nextGlobalStep);
            if (closing.isDone()) {
                throw new CancellationException("step feed is closed");
            }
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
            current.cancel();
            if (e.getCause() instanceof CancellationException cancelled) {
                throw cancelled;
            }
            throw e;
        } catch (CancellationException e) {
            current.cancel();
            throw e;
        }
    }

    /** Runs on a decoding thread. What goes wrong travels in order to the step that it belongs to. */
    private Prepared prepare(int globalStep, BooleanSupplier cancelled) {
        long startNs = clockNs.getAsLong();
        try {
            RunPlan.Point point = curriculum.plan().at(globalStep);
            StepSamples samples =
                    curriculum.samples(point.stageIndex(), point.step(), share.replica(), share.replicas());
            if (curriculum.prefetchSteps() > 0) {
                samples.batches().forEach(batch -> warm(batch, cancelled));
            }
            StepSamples timed = samples.preparedIn(Math.max(0, clockNs.getAsLong() - startNs));
            return new Prepared(globalStep, timed, Optional.empty());
        } catch (RuntimeException e) {
            return new Prepared(globalStep, new StepSamples(List.of(), List.of()), Optional.of(e));
        }
    }

    private void warm(PackedBatch batch, BooleanSupplier cancelled) {
        if (batch.frames() instanceof FrameSequence frames) {
            Span own = share.frames(frames.frameCount());
            int from = own.from();
            while (from < own.to()) {
                int to = from;
                while (to < own.to() && !known.test(frames.key(to))) {
                    to++;
                }
                frames.warm(from, to, cancelled);
                from = to + 1;
            }
        }
    }
}
