package io.longreel.runtime.metrics;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.model.disk.Disk;
import io.longreel.runtime.supervisor.RunNews;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TensorBoardLogTest {
    private static final Instant AT = Instant.ofEpochSecond(1_700_000_000, 500_000_000);

    @TempDir
    Path folder;

    private List<Path> files() throws IOException {
        try (var found = Files.list(folder.resolve("tensorboard"))) {
            return found.sorted().toList();
        }
    }

    private TensorBoardLog begin(long globalStep) {
        return TensorBoardLog.begin(Disk.system(), folder.resolve("tensorboard"), globalStep, AT);
    }

    /** What {@code RecordWriter} and {@code event_pb2} of TensorBoard 2.21.0 make of the same events. */
    @Test
    void shouldWriteTheBytesThatTensorBoardsOwnWriterWrites() {
        byte[] version = EventBytes.version(1_700_000_000.5);
        assertArrayEquals(
                HexFormat.of()
                        .parseHex("1800000000000000a37f4b220900002040fc54d9411a0d627261696e2e4576656e743a322b353110"),
                version);
        byte[] scalars = EventBytes.scalars(1_700_000_000.5, 300, Map.of("grad_norm", 1.5));
        assertArrayEquals(
                HexFormat.of()
                        .parseHex(
                                "200000000000000029eda9500900002040fc54d94110ac022a120a100a09677261645f6e6f726d150000c03f1b413861"),
                scalars);
        byte[] start = EventBytes.start(1_700_000_000.5, 41);
        assertArrayEquals(
                HexFormat.of().parseHex("0f000000000000006d532b090900002040fc54d94110293a0208016a885b5d"), start);
    }

    @Test
    void shouldWriteASessionAndThePointsOfEachStep() throws IOException {
        RunNumbers numbers = new RunNumbers(4);
        numbers.learn(News.begun(), 0);
        numbers.learn(new RunNews.NodeLost("node-1", "killed"), 500);
        try (TensorBoardLog log = begin(40)) {
            numbers.learn(News.step(41), 1_000);
            log.add(41, numbers.reading(1_000), AT.plusSeconds(1));
        }
        List<EventReader.Event> events = EventReader.read(Files.readAllBytes(files().getFirst()));
        assertEquals(
                List.of(
                        new EventReader.Event(
                                1_700_000_000.5, 0, Optional.of("brain.Event:2"), Optional.empty(), Map.of()),
                        new EventReader.Event(1_700_000_000.5, 41, Optional.empty(), Optional.of(1L), Map.of())),
                events.subList(0, 2));
        EventReader.Event step = events.get(2);
        assertEquals(3, events.size());
        assertEquals(41, step.step());
        assertEquals(1_700_000_001.5, step.wallTimeS());
        assertEquals(2.0f / 41, step.scalars().get("loss_metrics/global_avg_loss"));
        assertEquals(250f, step.scalars().get("throughput(tps)"));
        assertEquals(30f, step.scalars().get("sp/bytes_inter_node"), "of this step alone");
        assertEquals(1f, step.scalars().get("ft/faults/node_lost"));
        assertFalse(step.scalars().containsKey("ft/faults/straggler"));
        assertFalse(step.scalars().containsKey("ft/mttr_s"), "nothing was repaired yet");
    }

    @Test
    void shouldBeginAFileOfItsOwnForEveryProcessEvenInTheSameSecond() throws IOException {
        begin(0).close();
        begin(2).close();
        assertEquals(2, files().size());
        assertTrue(
                files().stream().allMatch(file -> file.getFileName().toString().contains("tfevents.1700000000.")));
        assertEquals(
                3,
                EventReader.read(Files.readAllBytes(files().getLast()))
                        .getLast()
                        .step(),
                "steps from the third on of the first file are void");
    }

    @Test
    void shouldLetARunGoOnWithoutCurvesWhenTheFolderCannotBeMade() throws IOException {
        Files.writeString(folder.resolve("tensorboard"), "in the way");
        try (TensorBoardLog log = begin(0)) {
            log.add(1, new RunNumbers(1).reading(0), AT);
        }
        assertEquals("in the way", Files.readString(folder.resolve("tensorboard")));
    }
}
