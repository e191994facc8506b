package io.longreel.model.checkpoint;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * Which samples a run has consumed, step after step: how many, a running SHA-256 of what they were, and the steps whose samples were left out.
 * A sample's identity is its step's (stage, step, source) and its index in it; with the seed that is all that its content follows from. Two runs
 * with equal ledgers have consumed the same samples in the same order, each once. Immutable.
 *
 * @param samples consumed so far
 * @param sha256 of all steps so far, in hex: {@code h(n) = sha256(h(n-1), identity of step n, its samples or "skipped")}; 64 zeros at the start
 * @param skipped in order of steps
 */
public record SampleLedger(long samples, String sha256, List<Skipped> skipped) {
    /** Nothing is consumed. */
    public static final SampleLedger EMPTY = new SampleLedger(0, "0".repeat(64), List.of());

    /**
     * A step whose samples nobody learned from.
     *
     * @param globalStep of the run, from 0
     */
    public record Skipped(long globalStep, String reason) {}

    public SampleLedger {
        skipped = List.copyOf(skipped);
    }

    /**
     * The ledger behind one more step.
     *
     * @param identity of the step; equal text means equal samples under the same seed
     */
    public SampleLedger consume(String identity, int count) {
        return new SampleLedger(samples + count, next(identity, Integer.toString(count)), skipped);
    }

    /** The ledger behind one more step whose samples were left out. */
    public SampleLedger skip(String identity, long globalStep, String reason) {
        List<Skipped> more = new ArrayList<>(skipped);
        more.add(new Skipped(globalStep, reason));
        return new SampleLedger(samples, next(identity, "skipped"), more);
    }

    private String next(String identity, String what) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(HexFormat.of().parseHex(sha256));
            digest.update((identity + "\n" + what).getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
