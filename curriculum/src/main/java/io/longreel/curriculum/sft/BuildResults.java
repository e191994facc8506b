package io.longreel.curriculum.sft;

import io.longreel.config.RuntimeFailure;
import io.longreel.config.RuntimeFailure.Category;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The end of a build: writes its files and counts what is in them. */
final class BuildResults {
    private final SftSettings settings;
    private final Prompts prompts;
    private final Path media;
    private final PatientChat captioner;
    private final PatientChat writer;

    BuildResults(SftSettings settings, Prompts prompts, Path media, PatientChat captioner, PatientChat writer) {
        this.settings = settings;
        this.prompts = prompts;
        this.media = media;
        this.captioner = captioner;
        this.writer = writer;
    }

    /**
     * Writes the data set, and {@code build.json} even where there is nothing to put into one.
     *
     * @param results in the order of the data set
     */
    SftReport write(List<VideoResult> results, int clipsAsked, long elapsedMs) {
        List<DatasetFiles.Entry> entries = new ArrayList<>();
        List<SftReport.Failure> failures = new ArrayList<>();
        for (VideoResult result : results) {
            result.text()
                    .ifPresentOrElse(
                            text -> entries.add(new DatasetFiles.Entry(result.video(), text)),
                            () -> failures.add(
                                    new SftReport.Failure(result.video().under(media), result.trouble())));
        }
        Map<String, Integer> kinds = entries.isEmpty()
                ? Map.of()
                : DatasetFiles.write(
                        settings.out(),
                        settings.name(),
                        media,
                        entries,
                        prompts.text(Prompts.Part.SUMMARY),
                        "captions by %s, questions by %s".formatted(captioner.name(), writer.name()));
        SftReport report = new SftReport(
                entries.size(),
                (int) results.stream().filter(VideoResult::reused).count(),
                kinds.values().stream().mapToInt(Integer::intValue).sum(),
                kinds,
                entries.stream().mapToInt(entry -> entry.text().clips()).sum(),
                clipsAsked,
                entries.stream().mapToInt(entry -> entry.text().dropped()).sum(),
                captioner.requests() + writer.requests(),
                entries.stream().mapToLong(entry -> entry.text().durationMs()).sum(),
                elapsedMs,
                failures);
        BuildFile.write(settings.out(), settings, prompts, captioner.name(), writer.name(), report);
        if (entries.isEmpty()) {
            throw new RuntimeFailure(
                    captioner.giveUps() + writer.giveUps() > 0 ? Category.RETRYABLE : Category.DATA,
                    "no video could be used, and no data set was written; the first of %d: %s: %s"
                            .formatted(
                                    failures.size(),
                                    failures.getFirst().video(),
                                    failures.getFirst().reason()));
        }
        return report;
    }
}
