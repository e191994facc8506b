package io.longreel.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.longreel.config.CalibrationFile;
import io.longreel.model.bench.KernelRates;
import io.longreel.runtime.plan.MachineCalibration.Effort;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code plan calibrate} and {@code plan check}: that they measure, write, read and compare; not how fast anything is. */
class PlanCalibrationTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    /** A second per look at it. */
    private final AtomicLong clockNs = new AtomicLong();

    private final Path file;

    PlanCalibrationTest(@TempDir Path folder) {
        this.file = folder.resolve("deeper").resolve("here.conf");
    }

    private int run(Object command, String... args) {
        return Main.run(List.of(command), new PrintWriter(out, true), new PrintWriter(err, true), args);
    }

    private void calibrate() {
        Effort quick = new Effort(new KernelRates.Effort(0, 1, 1e-6, 64), 1, 1, 12);
        PlanCalibrateCommand command = new PlanCalibrateCommand(quick, () -> clockNs.addAndGet(1_000_000_000L));
        assertEquals(Main.OK, run(command, "calibrate", "--out", file.toString()), err::toString);
    }

    @Test
    void shouldWriteWhatItMeasuresForThePlanner() {
        calibrate();
        assertTrue(out.toString().endsWith("written to " + file + System.lineSeparator()), out::toString);
        CalibrationFile.Measured read = CalibrationFile.read(file, 1);
        assertEquals(
                Runtime.getRuntime().availableProcessors(),
                read.cluster().sharing().cores());
        assertEquals(
                Main.OK, run(new PlanCommand(), "plan", "--gpu", file.toString(), "--gpus", "1", "--tokens", "1K"));
    }

    @Test
    void shouldCompareStepsWithWhatThePlannerSays() throws IOException {
        calibrate();
        out.getBuffer().setLength(0);
        List<String> asked = new ArrayList<>();
        PlanCheckCommand command = new PlanCheckCommand(arguments -> {
            asked.add(arguments);
            return JSON.createObjectNode().put("stepSeconds", asked.size());
        });
        assertEquals(
                Main.OK,
                run(command, "check", "--calibration", file.toString(), "--rounds", "3", "--json"),
                err::toString);
        JsonNode rows = JSON.readTree(out.toString());
        int cases = rows.size();
        assertEquals(3 * cases, asked.size());
        assertTrue(
                asked.contains("step --size tiny --frames 512 --data 1 --mesh ring=4,ulysses=4 --steps 11"),
                asked::toString);
        for (int i = 0; i < cases; i++) {
            assertEquals(1 + i + cases, rows.get(i).path("measuredSeconds").asDouble(), "the second of three rounds");
            assertTrue(rows.get(i).path("predictedSeconds").asDouble() > 0);
        }
    }

    @Test
    void shouldAskForACalibration() {
        assertEquals(Main.MISUSED, run(new PlanCheckCommand(), "check", "--calibration", file.toString()));
        assertTrue(err.toString().contains("there is no calibration at"), err::toString);
        assertEquals(Main.MISUSED, run(new PlanCalibrateCommand(), "calibrate"));
        assertTrue(err.toString().contains("name the file"), err::toString);
        assertTrue(Files.notExists(file));
    }
}
