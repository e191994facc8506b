package io.longreel.config.plan;

/** A way to cut a sequence over ranks. */
public enum Method {
    /** Heads by all-to-all within, keys and values by a ring without; a ring step costs its slowest hop. */
    TWO_D("2d"),
    /** Heads alone. */
    ULYSSES("ulysses"),
    /** A flat ring whose steps cost their slowest hop, and hide behind attention: what a ring could be. */
    RING_PIPELINED("ring-pipelined"),
    /** A flat ring whose steps cost the sum of all hops: what the paper's baseline shows. */
    RING_SUMMED("ring"),
    /** Megatron's context parallelism: a ring of summed hops, two steps in flight, whole weights on each rank. */
    MEGATRON_CP("megatron-cp"),
    /** The same between nodes, tensor parallelism within them. */
    MEGATRON_CP_TP("megatron-cp-tp");

    private final String word;

    Method(String word) {
        this.word = word;
    }

    /** As it is written in descriptions and tables. */
    public String word() {
        return word;
    }

    public boolean isMegatron() {
        return this == MEGATRON_CP || this == MEGATRON_CP_TP;
    }

    boolean isSummed() {
        return this == RING_SUMMED || isMegatron();
    }
}
