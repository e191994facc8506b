package io.longreel.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.plan.Calibration;
import io.longreel.config.plan.CoreSharing;
import io.longreel.config.plan.Link;
import io.longreel.config.plan.PlanDescription;
import io.longreel.config.plan.Software;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that {@code plan calibrate} writes: what is written is read, and what is wrong in one is told. */
class CalibrationFileTest {
    private static final Calibration MEASURED = new Calibration(
            2,
            1.25,
            200e9,
            140e9,
            30e9,
            16L << 30,
            new Link(9e9, 5e-6),
            new Link(1.1e9, 3e-4),
            new Calibration.Constants(0.002, 0.0001, 0.0003, 5, 0.4, 12, 2e-7, 4e-6, 8e-5, 32));

    private final Path folder;

    CalibrationFileTest(@TempDir Path folder) {
        this.folder = folder;
    }

    private Path file(String text) throws IOException {
        return Files.writeString(folder.resolve("calibration.conf"), text);
    }

    @Test
    void shouldReadWhatIsWritten() throws IOException {
        CalibrationFile.Measured read = CalibrationFile.read(file(CalibrationFile.text(MEASURED)), 2);
        assertEquals(200e9, read.cluster().hardware().productFlops(), 1e6);
        assertEquals(140e9, read.cluster().hardware().attentionFlops(), 1e6);
        assertEquals(30e9, read.cluster().hardware().elementBytesPerSecond());
        assertEquals(8L << 30, read.cluster().hardware().memoryBytes());
        assertEquals(new Link(9e9, 5e-6), read.cluster().inside());
        assertEquals(new Link(1.1e9, 3e-4), read.cluster().between());
        assertEquals(new CoreSharing(2, 1.25), read.cluster().sharing());
        Software software = read.software();
        assertEquals(0.002, software.fixedSeconds());
        assertEquals(0.0001, software.ringStepSeconds());
        assertEquals(new Software.Details(0.0003, 5, 0.4, 12, 2e-7, 4e-6, 8e-5, 32, 48, true), software.details());
    }

    @Test
    void shouldBringItsOwnProgramIntoAQuestion() throws IOException {
        Path file = file(CalibrationFile.text(MEASURED));
        Map<String, String> here = Map.of("cluster.gpu", file.toString(), "length", "4K", "cluster.gpus", "2");
        PlanDescription asked = PlanReader.read(Optional.empty(), here);
        assertEquals(0.0003, asked.software().details().layerSeconds());
        assertEquals(2, asked.cluster().sharing().cores());
        Map<String, String> other =
                Map.of("cluster.gpu", file.toString(), "length", "4K", "cluster.gpus", "2", "software", "longvila");
        assertEquals(
                0, PlanReader.read(Optional.empty(), other).software().details().layerSeconds());
    }

    @Test
    void shouldTellWhatIsWrong() throws IOException {
        String right = CalibrationFile.text(MEASURED);
        assertFault("alone", right.replace("alone = 1.250", "alone = 0.5"));
        assertFault("is an unknown key", right.replace("cores = 2", "cores = 2\n  cares = 3"));
        assertFault("software { ... } is missing", "cluster { }");
        assertFault("is an unknown key; known here: cluster, software", "plan { }");
        assertFault("is not valid HOCON", "cluster {");
    }

    private void assertFault(String part, String text) throws IOException {
        Path file = file(text);
        RuntimeFailure failure = assertThrows(RuntimeFailure.class, () -> CalibrationFile.read(file, 1));
        assertTrue(failure.getMessage().contains(part), failure::getMessage);
        assertEquals(1, failure.getMessage().lines().count(), failure::getMessage);
    }

    /** Tests must not depend on what somebody measured on the machine that they run on. */
    @Test
    void shouldLookNowhereUnlessTheLauncherSaysWhere() {
        assertTrue(CalibrationFile.place().isEmpty());
        assertEquals(0, CalibrationFile.here().cluster().sharing().cores());
    }
}
