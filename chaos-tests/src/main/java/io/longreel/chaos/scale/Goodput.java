package io.longreel.chaos.scale;

import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * Weeks of a job with faults: what part of the time went into steps that counted. A fault loses what was computed since the newest copy of the state and the time of a recovery. A second one within the same recovery whose node held the
 * only copy sends the job back to its checkpoint.
 *
 * @param faultsPerRankHour of one rank, from whatever cause
 * @param copyEverySeconds between two copies of the state
 * @param copySeconds that a copy holds the job up
 * @param recoverySeconds until the job goes on from a copy
 * @param checkpointEverySeconds between two checkpoints on disk, which cost nothing here; 0: the copies are the checkpoints
 * @param restartSeconds until it goes on from a checkpoint
 */
public record Goodput(
        int ranks,
        int ranksPerNode,
        double faultsPerRankHour,
        double copyEverySeconds,
        double copySeconds,
        double recoverySeconds,
        double checkpointEverySeconds,
        double restartSeconds) {
    private static final double HOUR = 3600;

    /** Share of {@code days} that counted. */
    public double share(double days, long seed) {
        RandomGenerator random = new SplittableRandom(seed);
        double perSecond = faultsPerRankHour * ranks / HOUR;
        double end = days * 24 * HOUR;
        double now = 0;
        double useful = 0;
        double nextFault = random.nextExponential() / perSecond;
        while (now < end) {
            double untilFault = Math.max(0, Math.min(nextFault, end) - now);
            double period = copyEverySeconds + copySeconds;
            double copies = Math.floor(untilFault / period);
            boolean isFault = nextFault < end;
            // What was done since the last copy counts only when nothing happens before the next one.
            useful += copies * copyEverySeconds
                    + (isFault ? 0 : Math.min(copyEverySeconds, untilFault - copies * period));
            now += untilFault;
            if (!isFault) {
                break;
            }
            double takes = recoverySeconds;
            nextFault = now + random.nextExponential() / perSecond;
            while (nextFault < now + takes && nextFault < end) {
                boolean hitsTheCopy = checkpointEverySeconds > 0 && random.nextDouble() < (double) ranksPerNode / ranks;
                if (hitsTheCopy) {
                    useful = Math.max(0, useful - random.nextDouble() * checkpointEverySeconds);
                }
                now = nextFault;
                takes = hitsTheCopy ? restartSeconds : recoverySeconds;
                nextFault = now + random.nextExponential() / perSecond;
            }
            now += takes;
        }
        return useful / end;
    }

    /** Time between copies with which least is lost (Young): {@code sqrt(2 C M)}, M the mean time between faults. */
    public static double bestInterval(double copySeconds, double faultsPerRankHour, int ranks) {
        return Math.sqrt(2 * copySeconds * HOUR / (faultsPerRankHour * ranks));
    }
}
