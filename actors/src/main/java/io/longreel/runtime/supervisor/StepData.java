package io.longreel.runtime.supervisor;

import io.longreel.runtime.protocol.RankReport.StepFinished;
import io.longreel.runtime.protocol.StepIntake;
import java.util.List;
import java.util.function.ToLongFunction;

/**
 * What a committed step learned from, over the global batch, and what getting it took.
 *
 * @param fill tokens / tokens that the sequences have room for, from 0 to 1
 * @param frames encoded and reused ones
 * @param decodeMs of the rank whose share took decoding threads longest; mostly during earlier steps
 * @param waitMs of the rank that waited longest for its share
 */
public record StepData(
        long documents,
        long sequences,
        double fill,
        long frames,
        long framesEncoded,
        long framesReused,
        double decodeMs,
        double waitMs) {
    /** Of a step that somebody else measured. */
    public static final StepData UNKNOWN = new StepData(0, 0, 0, 0, 0, 0, 0, 0);

    static StepData of(List<StepFinished> byRank) {
        long room = sum(byRank, StepIntake::roomTokens);
        long encoded = sum(byRank, StepIntake::framesEncoded);
        long reused = sum(byRank, StepIntake::framesReused);
        return new StepData(
                sum(byRank, StepIntake::documents),
                sum(byRank, StepIntake::sequences),
                room == 0 ? 0 : (double) byRank.getFirst().result().tokens() / room,
                encoded + reused,
                encoded,
                reused,
                longestMs(byRank, report -> report.intake().decodeNs()),
                longestMs(byRank, report -> report.times().dataNs()));
    }

    private static long sum(List<StepFinished> byRank, ToLongFunction<StepIntake> count) {
        return byRank.stream().map(StepFinished::intake).mapToLong(count).sum();
    }

    private static double longestMs(List<StepFinished> byRank, ToLongFunction<StepFinished> ns) {
        return byRank.stream().mapToLong(ns).max().orElse(0) / 1e6;
    }
}
