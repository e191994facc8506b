package io.longreel.model.verify;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Works a list off on a few named threads, each with a resource of its own; results come in the order of the list. The first failure ends all. */
final class ParallelTasks {

    /** What a thread works with. */
    interface Resource extends AutoCloseable {
        @Override
        void close();
    }

    private ParallelTasks() {}

    /**
     * @param resource made by each thread for itself and closed by it
     * @param done told each result, by one thread at a time
     */
    static <R extends Resource, T, V> List<V> run(
            int threads, List<T> tasks, Supplier<R> resource, BiFunction<R, T, V> work, Consumer<V> done) {
        List<@Nullable V> results =
                Collections.synchronizedList(new ArrayList<>(Collections.nCopies(tasks.size(), null)));
        AtomicInteger next = new AtomicInteger();
        AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        Runnable worker = () -> {
            try (R own = resource.get()) {
                for (int i = next.getAndIncrement();
                        i < tasks.size() && failure.get() == null;
                        i = next.getAndIncrement()) {
                    V result = work.apply(own, tasks.get(i));
                    results.set(i, result);
                    synchronized (done) {
                        done.accept(result);
                    }
                }
            } catch (Throwable e) { // handed to the caller below
                failure.compareAndSet(null, e);
            }
        };
        Thread[] workers = new Thread[Math.max(1, Math.min(threads, tasks.size()))];
        Arrays.setAll(workers, i -> Thread.ofPlatform().name("verify-" + i).start(worker));
        join(workers);
        Throwable thrown = failure.get();
        if (thrown != null) {
            throw thrown instanceof RuntimeException e ? e : new IllegalStateException("a check could not run", thrown);
        }
        @SuppressWarnings("NullAway") // without a failure every task has left its result
        List<V> complete = new ArrayList<>(results);
        return complete;
    }

    private static void join(Thread[] workers) {
        boolean interrupted = false;
        for (Thread worker : workers) {
            while (worker.isAlive()) {
                try {
                    worker.join();
                } catch (InterruptedException e) { // tasks are short; what has begun is finished
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
