package io.longreel.model.bench;

import io.longreel.config.LinkLimits;
import io.longreel.config.LinkLimits.Limit;
import io.longreel.model.bench.AttentionBench.Links;
import io.longreel.ops.device.Device;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * The same causal attention on four ranks of two nodes, cut in three ways: a ring of all ranks (zigzag), all ranks by heads (Ulysses), and by heads inside a
 * node with a ring between the nodes (2D attention; LongVILA, section 3.3). Links are slowed down to the proportions of H100 nodes. The pairs that a rank
 * computes are as many in all three; they differ in what they send, where to, and how much of it hides behind computing.
 */
public final class LinksBench {
    /** All ranks, as threads of this process. */
    public static final int RANKS = 4;

    private static final int RANKS_PER_NODE = 2;

    /** What a rank has in NVLink and in InfiniBand (LongVILA, section 3.3), in bytes per second, whoever it sends to. */
    private static final double THERE_INTRA = 900e9;

    private static final double THERE_INTER = 50e9;

    /** About what an H100 reaches in attention. */
    private static final double THERE_GFLOPS = 400e3;

    /** Numbers are sent as fp32 here, as bf16 there. */
    private static final double BYTES_FOR_A_BYTE = 2;

    private LinksBench() {}

    /** What is measured; of each way the median of {@code runs} counts. */
    public record Setting(int tokens, int heads, int kvHeads, int headDim, int runs) {
        public Setting {
            // The other two ways demand less.
            new AttentionBench.Setting(RANKS, 1, tokens, heads, kvHeads, headDim, runs, Links.OWN);
        }
    }

    /**
     * What came out, medians of forward and backward together.
     *
     * @param ringSeconds ring 4
     * @param ulyssesSeconds Ulysses 4
     * @param bothSeconds ring 2 x Ulysses 2
     * @param unslowedSeconds the same over links that are as fast as memory: next to nothing but computing
     */
    public record Row(
            Setting setting, double ringSeconds, double ulyssesSeconds, double bothSeconds, double unslowedSeconds) {
        public double ringToBoth() {
            return ringSeconds / bothSeconds;
        }

        public double ulyssesToBoth() {
            return ulyssesSeconds / bothSeconds;
        }
    }

    /**
     * Links over which a number takes as long as between H100s, counted in the operations that a rank computes meanwhile: {@code bytes per second here = bytes
     * per second there * (GFLOP/s here / GFLOP/s there) * (bytes of a number here / there)}.
     *
     * @param gflopsPerRank what a rank computes while all ranks do
     */
    public static Links links(double gflopsPerRank) {
        double scale = gflopsPerRank / THERE_GFLOPS * BYTES_FOR_A_BYTE;
        return new Links(RANKS_PER_NODE, new LinkLimits(limit(THERE_INTRA * scale), limit(THERE_INTER * scale)));
    }

    private static Limit limit(double bytesPerSecond) {
        return new Limit((long) Math.ceil(bytesPerSecond), Duration.ZERO);
    }

    /** Of the three ways, Ulysses alone sends to both ranks of the other node at the same time: each gets half of what {@code links} give one. */
    public static Row run(Setting setting, Links links, Device device, LongSupplier clockNs) {
        return new Row(
                setting,
                seconds(setting, RANKS, links, device, clockNs),
                seconds(setting, 1, betweenNodesHalved(links), device, clockNs),
                seconds(setting, 2, links, device, clockNs),
                seconds(setting, 2, Links.OWN, device, clockNs));
    }

    private static Links betweenNodesHalved(Links links) {
        LinkLimits limits = links.limits();
        Limit half = limit(limits.interNode().bytesPerSecond() / 2.0);
        return new Links(links.ranksPerNode(), new LinkLimits(limits.intraNode(), half));
    }

    private static double seconds(Setting setting, int ring, Links links, Device device, LongSupplier clockNs) {
        AttentionBench.Setting cut = new AttentionBench.Setting(
                RANKS,
                ring,
                setting.tokens(),
                setting.heads(),
                setting.kvHeads(),
                setting.headDim(),
                setting.runs(),
                links);
        return AttentionBench.run(cut, device, clockNs).seconds();
    }
}
