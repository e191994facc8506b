package io.longreel.curriculum.eval.task;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.longreel.config.RuntimeFailure;
import io.longreel.model.disk.DiskFailures;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What is said in a video and when: SubRip ({@code .srt}), or JSON as LongVideoBench has it (a list of {@code start}, {@code end}, {@code line} or of
 * {@code timestamp}, {@code text}). What stands in a {@code <font>} is the text (specification 7.2); other tags are taken out. In order of time.
 */
record SubtitleFile(List<Cue> cues) {
    private static final Pattern TIMES =
            Pattern.compile("\\s*([\\d:]+[,.]?\\d*)\\s*-->\\s*([\\d:]+[,.]?\\d*).*", Pattern.DOTALL);
    private static final Pattern FONT = Pattern.compile("(?is)<font[^>]*>(.*?)</font>");
    private static final Pattern TAG = Pattern.compile("(?s)</?[A-Za-z][^>]*>|\\{\\\\[^}]*}");
    private static final int SIXTY = 60;

    /** A text from a second on, up to another, which is not part of it. */
    record Cue(double from, double to, String text) {}

    SubtitleFile {
        cues = cues.stream()
                .filter(cue -> !cue.text().isBlank())
                .sorted(Comparator.comparingDouble(Cue::from).thenComparingDouble(Cue::to))
                .toList();
    }

    static SubtitleFile read(Path file) {
        try {
            String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
            return String.valueOf(file.getFileName()).endsWith(".json") ? json(file, text) : subRip(file, text);
        } catch (IOException e) {
            throw DiskFailures.unreadable("subtitles must be readable", file, e);
        }
    }

    /** A block without times is what some program left there: it says nothing that could be placed. */
    static SubtitleFile subRip(Path file, String text) {
        List<Cue> cues = new ArrayList<>();
        String[] lines = text.replace("\uFEFF", "").split("\\R", -1);
        for (int i = 0; i < lines.length; i++) {
            Matcher times = TIMES.matcher(lines[i]);
            if (!times.matches()) {
                continue;
            }
            double from = seconds(file, i + 1, times.group(1));
            double to = seconds(file, i + 1, times.group(2));
            List<String> said = new ArrayList<>();
            while (i + 1 < lines.length && !lines[i + 1].isBlank()) {
                said.add(lines[++i].strip());
            }
            cues.add(new Cue(from, to, plain(String.join(" ", said))));
        }
        return new SubtitleFile(cues);
    }

    static SubtitleFile json(Path file, String text) {
        JsonNode root;
        try {
            root = RecordRows.JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw RuntimeFailure.data("%s: subtitles must be JSON, and are not".formatted(file));
        }
        if (!root.isArray()) {
            throw RuntimeFailure.data("%s: subtitles must be a JSON list".formatted(file));
        }
        List<Cue> cues = new ArrayList<>();
        for (JsonNode cue : root) {
            JsonNode times = cue.path("timestamp");
            if (times.isArray()) {
                double from = times.path(0).asDouble();
                // The last one of some files has no end.
                double to = times.path(1).isNumber() ? times.path(1).asDouble() : Double.MAX_VALUE;
                cues.add(new Cue(from, to, plain(cue.path("text").asText())));
            } else {
                cues.add(new Cue(
                        seconds(file, cues.size(), cue.path("start").asText()),
                        seconds(file, cues.size(), cue.path("end").asText()),
                        plain(cue.path("line").asText())));
            }
        }
        return new SubtitleFile(cues);
    }

    /** Those in which one of the times lies, each text once, moved by {@code shift} seconds. */
    List<String> at(double[] seconds, double shift) {
        return cues.stream()
                .filter(cue -> {
                    for (double second : seconds) {
                        if (second + shift >= cue.from() && second + shift < cue.to()) {
                            return true;
                        }
                    }
                    return false;
                })
                .map(Cue::text)
                .distinct()
                .toList();
    }

    /** Every text once. */
    List<String> all() {
        return cues.stream().map(Cue::text).distinct().toList();
    }

    private static String plain(String text) {
        Matcher font = FONT.matcher(text);
        List<String> inside = new ArrayList<>();
        while (font.find()) {
            inside.add(font.group(1));
        }
        String said = inside.isEmpty() ? text : String.join(" ", inside);
        return TAG.matcher(said).replaceAll("").replaceAll("\\s+", " ").strip();
    }

    /** {@code 01:02:03,456}, with fewer parts or a dot, too. */
    private static double seconds(Path file, int line, String text) {
        double seconds = 0;
        try {
            for (String part : text.strip().replace(',', '.').split(":", -1)) {
                seconds = seconds * SIXTY + Double.parseDouble(part);
            }
        } catch (NumberFormatException e) {
            throw RuntimeFailure.data(
                    "%s line %d: a time must be written 00:01:02,345, not %s".formatted(file, line, text));
        }
        return seconds;
    }
}
