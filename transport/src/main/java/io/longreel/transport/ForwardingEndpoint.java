package io.longreel.transport;

import java.util.List;

/** Hands everything on to another endpoint; who extends it watches or disturbs its exchanges by the communicators that it gives out. */
public abstract class ForwardingEndpoint implements RankEndpoint {
    private final RankEndpoint real;

    protected ForwardingEndpoint(RankEndpoint real) {
        this.real = real;
    }

    @Override
    public int rank() {
        return real.rank();
    }

    @Override
    public int generation() {
        return real.generation();
    }

    @Override
    public Communicator communicator(List<Integer> group) {
        return real.communicator(group);
    }

    @Override
    public void abort(String reason) {
        real.abort(reason);
    }

    @Override
    public LinkCounters counters() {
        return real.counters();
    }

    @Override
    public long progress() {
        return real.progress();
    }

    @Override
    public long waitedNs() {
        return real.waitedNs();
    }

    @Override
    public void close() {
        real.close();
    }
}
