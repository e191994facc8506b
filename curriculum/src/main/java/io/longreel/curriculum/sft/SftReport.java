package io.longreel.curriculum.sft;

import java.util.List;
import java.util.Map;

/**
 * What a build has made.
 *
 * @param samples lines of the data set: a summary and some questions per video
 * @param kinds how many samples are of each kind, the summary's is {@code Summary}
 * @param videosReused videos that an earlier build had finished
 * @param clipsAsked clips that this build had captioned
 * @param dropped questions of the writer that were not fit to be used
 * @param requests that went out, repeated ones included
 */
public record SftReport(
        int videos,
        int videosReused,
        int samples,
        Map<String, Integer> kinds,
        int clips,
        int clipsAsked,
        int dropped,
        int requests,
        long videoMs,
        long elapsedMs,
        List<Failure> failures) {

    /** A video that is not in the data set. */
    public record Failure(String video, String reason) {}

    public SftReport {
        kinds = Map.copyOf(kinds);
        failures = List.copyOf(failures);
    }
}
