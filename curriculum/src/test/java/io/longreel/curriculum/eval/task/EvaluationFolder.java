package io.longreel.curriculum.eval.task;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.longreel.config.EvaluationTaskSettings;
import io.longreel.config.EvaluationTasks;
import io.longreel.curriculum.TestFootage;
import io.longreel.curriculum.chat.ChatService;
import io.longreel.curriculum.sft.PatientChat;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** A data set that was made up, with generated videos, and evaluations of it. */
final class EvaluationFolder {
    static final int FRAMES = 24;
    private static final ObjectMapper JSON = new ObjectMapper();

    final Path data;
    final Path out;
    final List<String> troubles = new ArrayList<>();
    EvaluationSettings.Damaged damaged = EvaluationSettings.Damaged.STOP;
    int limit;
    int parallel = 3;
    String answeredBy = "scripted";
    String judgedBy = "";
    Consumer<EvaluationProgress> progress = step -> {};

    EvaluationFolder(Path folder) {
        this.data = folder.resolve("data");
        this.out = folder.resolve("out");
    }

    /** The made-up records of a task, and these videos. */
    static EvaluationFolder of(Path folder, String records, String... videos) throws IOException {
        EvaluationFolder made = new EvaluationFolder(folder);
        Path from = resource(records);
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path to = made.data.resolve(from.relativize(file).toString());
                Files.createDirectories(Objects.requireNonNull(to.getParent()));
                Files.copy(file, to);
            }
        }
        made.film(videos);
        return made;
    }

    void film(String... videos) throws IOException {
        Files.createDirectories(data);
        Path film = TestFootage.generated(Objects.requireNonNull(data.getParent()), FRAMES, 1);
        for (String video : videos) {
            Path to = data.resolve(video);
            Files.createDirectories(Objects.requireNonNull(to.getParent()));
            Files.copy(film, to);
        }
    }

    private static Path resource(String name) {
        try {
            return Path.of(Objects.requireNonNull(EvaluationFolder.class.getResource("/eval/" + name), name)
                    .toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    EvaluationReport run(String task, ChatService model) {
        return run(EvaluationTasks.read(task), model, Optional.empty());
    }

    EvaluationReport run(EvaluationTaskSettings task, ChatService model, Optional<PatientChat> judge) {
        return evaluation(task, model, judge).run();
    }

    Evaluation evaluation(EvaluationTaskSettings task, ChatService model, Optional<PatientChat> judge) {
        return new Evaluation(
                task,
                new EvaluationSettings(data, out, limit, parallel, damaged, answeredBy, judgedBy),
                model,
                judge,
                ms -> CompletableFuture.completedFuture(null),
                new EvaluationListener() {
                    @Override
                    public void progressed(EvaluationProgress step) {
                        progress.accept(step);
                    }

                    @Override
                    public void trouble(String line) {
                        troubles.add(line);
                    }
                });
    }

    JsonNode results() throws IOException {
        return JSON.readTree(Files.readString(out.resolve(EvaluationFiles.RESULTS)));
    }

    /** A score of {@code results.json}; NaN when there is none. */
    double score(String metric) throws IOException {
        return results().path("scores").path(metric).path("value").asDouble(Double.NaN);
    }

    int count(String what) throws IOException {
        return results().path("counts").path(what).asInt(-1);
    }

    List<String> ids() throws IOException {
        List<String> ids = new ArrayList<>();
        for (String line : Files.readAllLines(out.resolve(EvaluationFiles.RECORDS))) {
            ids.add(JSON.readTree(line).path("id").asText());
        }
        return ids;
    }
}
