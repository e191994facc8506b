package io.longreel.runtime.launch;

import io.longreel.config.RunConfig;
import io.longreel.config.RuntimeFailure;
import io.longreel.config.StageSettings;
import io.longreel.config.StageSettings.Needle;
import io.longreel.curriculum.Curriculum;
import io.longreel.curriculum.eval.FilmStrip;
import io.longreel.curriculum.eval.NeedleGrid;
import io.longreel.curriculum.eval.NeedleResults;
import io.longreel.curriculum.eval.Report;
import io.longreel.model.ModelConfig;
import io.longreel.runtime.supervisor.Effect;
import io.longreel.runtime.trace.TraceFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Results of needle tests and the closing report in the run directory. Used by the recorder's thread. */
final class ResultFiles {
    private static final Logger LOG = LoggerFactory.getLogger(ResultFiles.class);
    private static final int STRIP_FRAMES = 9;
    private static final int STRIP_WIDTH_PIXELS = 1000;

    private final RunConfig config;
    private final ModelConfig model;
    private final RunDirectory directory;
    private final InstantSource clock;

    ResultFiles(RunConfig config, ModelConfig model, RunDirectory directory, InstantSource clock) {
        this.config = config;
        this.model = model;
        this.directory = directory;
        this.clock = clock;
    }

    /** Writes {@code NAME.json} and {@code NAME.png}; the table comes last, as it is what counts. */
    void evaluation(Effect.WriteEvaluation evaluation) {
        String name = evaluation.needle().name();
        NeedleResults results = new NeedleResults(
                name,
                evaluation.cells().stream()
                        .map(cell -> new NeedleResults.Cell(
                                cell.frames(), cell.depth(), cell.correct(), Math.max(1, cell.total())))
                        .toList());
        String stage = config.stages().get(evaluation.stage()).name();
        results.writePng(directory.root().resolve(name + ".png"), "%s after stage %s".formatted(config.name(), stage));
        results.writeJson(json(name));
    }

    /** What belongs to a run that has come to its end; its processes still live. */
    void report() {
        write(true);
        if (config.trace().isOn()) {
            mergeTimelines();
        }
    }

    /**
     * The report as the run left it, however it ended: how that was, and what its processes said on their way out. A disk that does not take it costs
     * the report, not the run.
     */
    void closingReport() {
        try {
            boolean isFinished = directory.isFinished();
            if (directory.hasBegun() && Files.exists(directory.metricsFile())) {
                write(isFinished);
            }
        } catch (RuntimeFailure | UncheckedIOException e) {
            LOG.warn("report.not-written cause=\"{}\"", e.toString());
        }
    }

    /** @param withStrip whether to look for the frames of a question, which takes a moment that who stops a run does not want to wait */
    private void write(boolean withStrip) {
        RunHistory history = RunHistory.of(directory.root(), clock);
        new Report(
                        config,
                        history.status().steps(),
                        history.needles(),
                        withStrip ? filmStrip() : Optional.empty(),
                        history.facts())
                .write(directory.reportFile());
    }

    /** The run has its results without it: bin/longreel trace makes it from the same files. */
    private void mergeTimelines() {
        try {
            TraceFile.merge(directory.root());
        } catch (RuntimeFailure e) {
            LOG.warn("trace.not-merged cause=\"{}\"", e.getMessage());
        }
    }

    private Path json(String name) {
        return directory.root().resolve(name + ".json");
    }

    /** What a question of the last needle test looks like; left out where the footage is not on this machine. */
    private Optional<byte[]> filmStrip() {
        Optional<Needle> last = config.stages().stream()
                .map(StageSettings::evaluation)
                .flatMap(Optional::stream)
                .reduce((earlier, later) -> later);
        boolean footageIsHere = !config.data().footage().isEmpty()
                || Files.exists(directory.root().resolve(Curriculum.GENERATED_FOOTAGE));
        if (last.isEmpty() || !footageIsHere) {
            return Optional.empty();
        }
        int imageSize = model.vision().imageSize();
        try (Curriculum curriculum = Curriculum.open(config, model)) {
            NeedleGrid grid = curriculum.needleGrid(last.get());
            int cell = grid.cells().size() / 2;
            int zoom = Math.max(1, STRIP_WIDTH_PIXELS / STRIP_FRAMES / imageSize);
            return Optional.of(FilmStrip.png(
                    grid.batch(cell, 0).frames(),
                    imageSize,
                    grid.cells().get(cell).needleFrame(),
                    STRIP_FRAMES,
                    zoom));
        } catch (RuntimeFailure e) {
            LOG.info("report.without-film-strip cause=\"{}\"", e.getMessage());
            return Optional.empty();
        }
    }
}
