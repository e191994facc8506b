package io.longreel.runtime.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.longreel.config.ChaosSettings.Phase;
import io.longreel.config.TraceSettings;
import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.Placement;
import io.longreel.ops.device.Device;
import io.longreel.ops.device.Devices;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.Tensor;
import io.longreel.runtime.protocol.StepId;
import io.longreel.runtime.trace.TraceFile.RankTime;
import io.longreel.transport.Communicator;
import io.longreel.transport.InProcessTransport;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real kernels and a real endpoint; the clock goes on by a microsecond whenever somebody looks. */
class StepTraceTest {
    private static final Mesh ALONE = new Mesh(1, 1, 1);

    @TempDir
    private Path run;

    private final AtomicLong nowNs = new AtomicLong(5_000_000);

    private StepTrace trace(int rank, int fromStep, int steps) {
        return new StepTrace(
                new TraceSettings(fromStep, steps),
                TraceInstruments.folder(run),
                rank,
                () -> nowNs.getAndAdd(1000),
                InstantSource.fixed(Instant.ofEpochSecond(1_800_000_000)));
    }

    private void step(StepTrace trace, int step) {
        try (TensorArena arena = TensorArena.open("test", 1 << 16);
                InProcessTransport transport = InProcessTransport.open(Placement.inProcess(ALONE))) {
            Device device = trace.around(Devices.cpu());
            Communicator world = trace.around(transport.endpoints().getFirst()).communicator(List.of(0));
            trace.reached(new StepId(1, 2, step), Phase.IDLE);
            trace.reached(new StepId(1, 2, step), Phase.DATA);
            assertEquals(List.of(), trace.around(List.of()));
            Tensor a = arena.zeros(2, 3);
            device.kernels().linear().linear(a, arena.zeros(4, 3), null, arena.zeros(2, 4));
            world.allReduceSum(new double[] {1});
            MemorySegment own = Arena.ofAuto().allocate(8);
            world.allGatherV(own, List.of(own));
            trace.reached(new StepId(1, 2, step), Phase.VOTE);
        }
    }

    private List<JsonNode> merged() throws IOException {
        JsonNode events = new ObjectMapper()
                .readTree(run.resolve(TraceFile.NAME).toFile())
                .path("traceEvents");
        return StreamSupport.stream(events.spliterator(), false).toList();
    }

    private static JsonNode named(List<JsonNode> events, String name) {
        return events.stream()
                .filter(event -> event.path("name").asText().equals(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError(name + " is missing"));
    }

    @Test
    void shouldRecordWhatAStepDidInMicroseconds() throws IOException {
        step(trace(3, 0, 1), 0);
        List<RankTime> times = TraceFile.merge(run).orElseThrow();
        List<JsonNode> events = merged();
        JsonNode linear = named(events, "linear.linear");
        assertEquals("compute", linear.path("cat").asText());
        assertEquals(3, linear.path("pid").asInt());
        assertEquals("[2, 3] [4, 3] [2, 4]", linear.path("args").path("detail").asText());
        assertEquals(1, linear.path("dur").asDouble());
        assertEquals(1_800_000_000L, linear.path("ts").asLong() / 1_000_000);
        assertEquals(
                "8 B sent, ranks [0]",
                named(events, "all-reduce").path("args").path("detail").asText());
        assertEquals("b", named(events, "all-gather").path("ph").asText());
        JsonNode whole = named(events, "stage 2 step 0");
        assertTrue(whole.path("ts").asDouble() <= linear.path("ts").asDouble());
        assertEquals(1, times.size());
        RankTime time = times.getFirst();
        assertEquals(1, time.steps());
        assertEquals(0.001, time.computeMs(), 1e-9);
        assertEquals(0.003, time.exchangeMs(), 1e-9, "the sum, the start of the gather and the wait for it");
        assertEquals(0.001, time.dataMs(), 1e-9);
        assertEquals(whole.path("dur").asDouble() / 1e3, time.stepMs(), 1e-9);
    }

    @Test
    void shouldRecordTheStepsThatAreNamed() throws IOException {
        StepTrace trace = trace(0, 1, 2);
        for (int step = 0; step < 5; step++) {
            step(trace, step);
        }
        assertEquals(2, TraceFile.merge(run).orElseThrow().getFirst().steps());
        assertThrows(AssertionError.class, () -> named(merged(), "stage 2 step 0"));
        assertEquals("X", named(merged(), "stage 2 step 2").path("ph").asText());
    }

    @Test
    void shouldForgetAStepThatDidNotComeToItsEnd() {
        StepTrace trace = trace(0, 0, 9);
        trace.reached(new StepId(1, 0, 4), Phase.IDLE);
        trace.end(TraceLog.Kind.COMPUTE, "lost", () -> "", trace.begin());
        step(trace, 4);
        assertEquals(1, TraceFile.merge(run).orElseThrow().getFirst().steps());
        assertThrows(AssertionError.class, () -> named(merged(), "lost"));
    }

    @Test
    void shouldMergeAllRanksAndLeaveOutATornLine() throws IOException {
        step(trace(0, 0, 1), 0);
        step(trace(11, 0, 1), 0);
        Path file = TraceInstruments.folder(run).resolve("rank-11.jsonl");
        Files.writeString(file, Files.readString(file) + "{\"ph\":\"X\",\"cat\":\"compute\",\"dur\":9}{\"na");
        step(trace(11, 0, 2), 1);
        step(trace(11, 0, 2), 1); // computed again
        List<RankTime> times = TraceFile.merge(run).orElseThrow();
        assertEquals(List.of(0, 11), times.stream().map(RankTime::rank).toList());
        assertEquals(2, times.getLast().steps());
        assertEquals(0.002, times.getLast().computeMs(), 1e-9);
        assertFalse(merged().isEmpty());
    }

    @Test
    void shouldGoOnWithoutATimelineThatCannotBeWritten() throws IOException {
        Files.writeString(TraceInstruments.folder(run), "a file where the folder should be");
        StepTrace trace = trace(0, 0, 9);
        step(trace, 0);
        trace.reached(new StepId(1, 2, 1), Phase.IDLE);
        assertFalse(trace.isRecording());
        assertTrue(TraceFile.merge(run).isEmpty());
    }

    @Test
    void shouldFindNothingWhereNothingWasRecorded() {
        step(trace(0, 7, 1), 0);
        assertTrue(TraceFile.merge(run).isEmpty());
    }

    @Test
    void shouldPassOnWhatAKernelThrows() {
        Device device = trace(0, 0, 1).around(Devices.cpu());
        try (TensorArena arena = TensorArena.open("test", 1 << 12)) {
            Tensor two = arena.zeros(2);
            assertThrows(
                    IllegalArgumentException.class,
                    () -> device.kernels().elementwise().add(two, two, arena.zeros(3)));
        }
    }
}
