package io.longreel.transport;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Runs the same work on several ranks of this process, one named thread per rank, and waits for all. The first rank that fails ends the
 * others' waits at once; its failure is thrown, with those of other ranks attached unless they only follow from the abort.
 */
public final class RankThreads {

    /** What every rank does. */
    @FunctionalInterface
    public interface RankWork<T> {
        T run(RankEndpoint endpoint) throws Exception;
    }

    private RankThreads() {}

    /** Results in the order of the endpoints. The endpoints stay open. */
    public static <T> List<T> run(List<? extends RankEndpoint> endpoints, RankWork<T> work) {
        List<@Nullable T> results = new ArrayList<>(Collections.nCopies(endpoints.size(), null));
        List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < endpoints.size(); i++) {
            int slot = i;
            RankEndpoint endpoint = endpoints.get(i);
            threads.add(Thread.ofPlatform().name("rank-" + endpoint.rank()).start(() -> {
                try {
                    T result = work.run(endpoint);
                    synchronized (results) {
                        results.set(slot, result);
                    }
                } catch (Throwable e) { // handed to the caller below, whatever it is
                    failures.add(e);
                    endpoints.forEach(other -> other.abort("rank %d failed: %s".formatted(endpoint.rank(), e)));
                }
            }));
        }
        joinAll(threads, endpoints);
        if (!failures.isEmpty()) {
            throw first(failures);
        }
        synchronized (results) {
            @SuppressWarnings("NullAway") // every slot was set by its thread, with whatever the work returned
            List<T> complete = new ArrayList<>(results);
            return complete;
        }
    }

    private static void joinAll(List<Thread> threads, List<? extends RankEndpoint> endpoints) {
        boolean interrupted = false;
        for (Thread thread : threads) {
            while (thread.isAlive()) {
                try {
                    thread.join();
                } catch (InterruptedException e) { // the ranks end by the abort; only then may this thread go
                    interrupted = true;
                    endpoints.forEach(endpoint -> endpoint.abort("the run was interrupted"));
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static RuntimeException first(List<Throwable> failures) {
        Throwable cause = failures.stream()
                .filter(e -> !(e instanceof CommunicationAborted))
                .findFirst()
                .orElse(failures.getFirst());
        failures.stream()
                .filter(e -> e != cause && !(e instanceof CommunicationAborted))
                .forEach(cause::addSuppressed);
        return switch (cause) {
            case Error e -> throw e;
            case RuntimeException e -> e;
            default -> new IllegalStateException("a rank failed", cause);
        };
    }
}
