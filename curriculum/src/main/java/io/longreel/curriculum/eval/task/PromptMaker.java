package io.longreel.curriculum.eval.task;

import io.longreel.config.EvaluationTaskSettings;
import io.longreel.config.EvaluationTaskSettings.Subtitles;
import io.longreel.curriculum.video.FrameSampling;
import io.longreel.curriculum.video.VideoReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** What a model is told behind the video of a question. Used by all threads. */
final class PromptMaker {
    /** Pixels of frames that nobody looks at: only their times are wanted. */
    private static final int SIDE = 16;

    private final EvaluationTaskSettings task;
    private final Path data;
    /** By video: its questions share them. */
    private final Map<Path, double[]> frameTimes = new ConcurrentHashMap<>();

    PromptMaker(EvaluationTaskSettings task, Path data) {
        this.task = task;
        this.data = data.toAbsolutePath().normalize();
    }

    String prompt(Item.Question question) {
        Map<String, String> values = new HashMap<>();
        values.put("question", question.text());
        values.put("options", options(question.options()));
        List<String> said =
                task.subtitles().map(rule -> subtitles(question, rule)).orElse(List.of());
        if (said.isEmpty()) {
            return filled(task.prompt().text(), values, question.row());
        }
        values.put("subtitles", String.join("\n", said));
        return filled(task.prompt().withSubtitles(), values, question.row());
    }

    private String filled(String template, Map<String, String> values, Row row) {
        return Template.fill(template, values, row, name -> TaskRecords.field(task.records(), name, row));
    }

    private String options(List<String> options) {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < options.size(); i++) {
            lines.add(Template.fill(task.prompt().option(), Map.of("letter", Letters.of(i), "text", options.get(i))));
        }
        return String.join("\n", lines);
    }

    private List<String> subtitles(Item.Question question, Subtitles rule) {
        Optional<Path> file = rule.file().stream()
                .map(template -> TaskRecords.under(data, filled(template, Map.of(), question.row()), question.row()))
                .filter(Files::isRegularFile)
                .findFirst();
        if (file.isEmpty()) {
            return List.of();
        }
        SubtitleFile subtitles = SubtitleFile.read(file.get());
        if (rule.rule() == Subtitles.Rule.ALL) {
            return subtitles.all();
        }
        return subtitles.at(frameTimes.computeIfAbsent(question.video(), this::times), shift(question, rule));
    }

    private double shift(Item.Question question, Subtitles rule) {
        if (rule.shift().isBlank()) {
            return 0;
        }
        String text = filled(rule.shift(), Map.of(), question.row());
        try {
            return Double.parseDouble(text);
        } catch (NumberFormatException e) {
            throw question.row().damaged("%s must be seconds, and is %s".formatted(rule.shift(), text));
        }
    }

    /** When the frames are shown that the model gets to see ({@link FrameSampling#uniform}). */
    private double[] times(Path video) {
        try (VideoReader reader = VideoReader.open(video, SIDE)) {
            int[] frames = FrameSampling.uniform(reader.frameCount(), task.frames());
            double[] seconds = new double[frames.length];
            for (int i = 0; i < frames.length; i++) {
                seconds[i] = reader.seconds(frames[i]);
            }
            return seconds;
        }
    }
}
