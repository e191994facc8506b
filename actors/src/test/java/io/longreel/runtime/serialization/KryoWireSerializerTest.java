package io.longreel.runtime.serialization;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.esotericsoftware.kryo.KryoException;
import com.esotericsoftware.kryo.io.Output;
import com.typesafe.config.ConfigFactory;
import io.longreel.config.RuntimeFailure;
import io.longreel.config.StageSettings.Aspect;
import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.Placement;
import io.longreel.config.topology.Placement.RankSite;
import io.longreel.curriculum.corpus.Medium;
import io.longreel.curriculum.engine.EngineOp;
import io.longreel.curriculum.engine.EngineRequest;
import io.longreel.curriculum.engine.EngineTick;
import io.longreel.curriculum.engine.TickResult;
import io.longreel.curriculum.media.MediumView;
import io.longreel.model.InferenceSession.Kept;
import io.longreel.model.generate.Sampling;
import io.longreel.runtime.protocol.HeldSlice;
import io.longreel.runtime.protocol.LinkWaits;
import io.longreel.runtime.protocol.NodeCommand;
import io.longreel.runtime.protocol.NodeReport;
import io.longreel.runtime.protocol.RankCommand;
import io.longreel.runtime.protocol.RankPulse;
import io.longreel.runtime.protocol.RankReport;
import io.longreel.runtime.protocol.RankUsage;
import io.longreel.runtime.protocol.SentBytes;
import io.longreel.runtime.protocol.SkippedSample;
import io.longreel.runtime.protocol.SnapshotId;
import io.longreel.runtime.protocol.StepId;
import io.longreel.runtime.protocol.StepIntake;
import io.longreel.runtime.protocol.StepResult;
import io.longreel.runtime.protocol.StepTimes;
import io.longreel.runtime.protocol.SupervisorCommand;
import io.longreel.runtime.protocol.TestAnswer;
import io.longreel.runtime.protocol.WireMessage;
import io.longreel.runtime.protocol.WrittenSlice;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectOutputStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.serialization.Serialization;
import org.apache.pekko.serialization.SerializationExtension;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** Round trips of every message through Pekko's own look-up of the serializer. */
class KryoWireSerializerTest {
    private static final ActorTestKit KIT = ActorTestKit.create(
            "serialization", ConfigFactory.parseResources("pekko-wire.conf").withFallback(ConfigFactory.load()));
    private static final ActorRef<RankCommand> RANK = KIT.spawn(Behaviors.ignore());
    private static final ActorRef<NodeCommand> NODE = KIT.spawn(Behaviors.ignore());

    @AfterAll
    static void stop() {
        KIT.shutdownTestKit();
    }

    private static Placement placement() {
        Mesh mesh = new Mesh(1, 2, 2, Mesh.Inner.RING);
        return new Placement(
                7,
                mesh,
                IntStream.range(0, 4)
                        .mapToObj(r -> new RankSite(r, "node-" + r / 2, "p" + r / 2, "127.0.0.1:4000", "/dev/shm/d"))
                        .toList());
    }

    private static List<RankReport> rankReports(StepId at) {
        return List.of(
                new RankReport.RankConnected(at, 0),
                new RankReport.Prepared(at, 1),
                new RankReport.StageBegun(at, 2),
                new RankReport.StepFinished(
                        at,
                        3,
                        new StepResult(Double.NaN, 1, 2L << 40, 0.5, 1e-4, true),
                        new StepTimes(1L << 40, 2, 3, 4),
                        new SentBytes(1, 2, 3L << 40),
                        new StepIntake(1, 2, 3, 4, 5, 6L << 40),
                        List.of(new SkippedSample(2, "caps", 17, "no such file")),
                        new RankUsage(1L << 40, 2, 3, new LinkWaits(4, 5, 6L << 40), 7e12)),
                new RankReport.SnapshotTaken(at, 0),
                new RankReport.TickDone(
                        at,
                        0,
                        new TickResult(
                                7,
                                List.of(new TickResult.Chosen(3, List.of(1, 2, 151_643))),
                                List.of(new TickResult.Unreadable(4, "no such frame")),
                                List.of(new Kept(5, 6, 7)))),
                new RankReport.StageEnded(at, 0),
                new RankReport.CellEvaluated(
                        at, 0, 29, List.of(new TestAnswer(List.of(1, 2, 3), true), new TestAnswer(List.of(), false))),
                new RankReport.ModelExported(at, 0),
                new RankReport.RankFailed(at, 0, RuntimeFailure.Category.RETRYABLE, "peer gone – 日本"),
                new RankReport.CommandFenced(at, 0, 8));
    }

    private static Stream<WireMessage> messages() {
        StepId at = new StepId(7, 4, 123_456);
        return Stream.of(
                        rankReports(at).stream(),
                        rankReports(at).stream().map(report -> new SupervisorCommand.RankSays(report, RANK)),
                        Stream.of(
                                new SupervisorCommand.NodeSays(new NodeReport.JoinRequested("p", "n"), NODE),
                                new SupervisorCommand.StopRun("asked"),
                                new NodeReport.JoinRequested("p", "n"),
                                new NodeReport.NodeReady("p", "n", "h:1", "/dev/shm/x"),
                                new NodeReport.NodeFailed("p", RuntimeFailure.Category.CONFIG, "no"),
                                new NodeCommand.Welcome("longreel {".repeat(3000)),
                                new NodeCommand.StartRanks(at, placement()),
                                new NodeCommand.StopNode(1, "over"),
                                new NodeCommand.StopRanks(2, "lost"),
                                new NodeCommand.WriteSlices(SnapshotId.at(at), "/c"),
                                new NodeCommand.NodeFenced(3, "declared lost"),
                                new NodeCommand.LeaveAsked("it was drained"),
                                new NodeCommand.KillProcess("rank 3 was to be killed"),
                                new NodeCommand.JoinLater(30_000, "quarantine"),
                                new NodeReport.Beat("p", "n", "h:1", "/d", 3, List.of(new RankPulse(1, 77, true))),
                                new NodeReport.RanksStopped("p", 2, List.of(new HeldSlice(SnapshotId.at(at), 1, 4))),
                                new NodeReport.SlicesWritten(
                                        "p",
                                        SnapshotId.at(at),
                                        List.of(new WrittenSlice(0, "rank-0.slice", 1L << 33, "00ff"))),
                                new NodeReport.SlicesFailed("p", SnapshotId.at(at), "no space left on device"),
                                new NodeReport.LeaveRequested("p", "SIGTERM"),
                                new RankCommand.PrepareModel(at),
                                new RankCommand.RestoreCheckpoint(at, "/c"),
                                new RankCommand.BeginStage(at),
                                new RankCommand.RunStep(at, true, SnapshotId.NONE),
                                new RankCommand.SkipStep(at, false, SnapshotId.at(at)),
                                new RankCommand.RunTick(
                                        at,
                                        new EngineTick(
                                                2,
                                                7,
                                                List.of(
                                                        new EngineOp.Recall(),
                                                        new EngineOp.End(9),
                                                        new EngineOp.Begin(
                                                                3, 8, true, 11, 64, request(), List.of(5, 6)),
                                                        new EngineOp.Extend(3, 0, 4, true),
                                                        new EngineOp.Decode(List.of(3L, 1L << 40), 4)))),
                                new RankCommand.TakeSnapshot(at),
                                new RankCommand.RestoreSnapshot(at, SnapshotId.at(at)),
                                new RankCommand.EndStage(at, "/a"),
                                new RankCommand.EvaluateCell(at, 3),
                                new RankCommand.ExportModel(at, "/m"),
                                new RankCommand.AbortGeneration(at, "lost"),
                                new RankCommand.Fenced(at, 9)))
                .flatMap(stream -> stream);
    }

    @Test
    void shouldGiveBackEveryMessageThatIsSent() {
        Serialization serialization = SerializationExtension.get(Adapter.toClassic(KIT.system()));
        messages().forEach(message -> {
            var serializer = serialization.findSerializerFor(message);
            assertEquals(KryoWireSerializer.IDENTIFIER, serializer.identifier(), message.toString());
            byte[] bytes = serializer.toBinary(message);
            assertEquals(
                    message,
                    serialization.deserialize(bytes, message.getClass()).get());
            assertTrue(
                    bytes.length <= 8 << 10 || message instanceof NodeCommand.Welcome,
                    "control messages are small: bytes=%d message=%s".formatted(bytes.length, message));
        });
    }

    /** The longest prompts travel whole: as large as a frame of the network's may be, and not larger. */
    @Test
    void shouldFitAFrameWhenAPromptIsLong() {
        List<Integer> ids = new Random(7)
                .ints(EngineRequest.IDS_MAX - 4096, 100_000, 300_000)
                .boxed()
                .toList();
        EngineRequest longest =
                new EngineRequest(ids, request().media(), request().sampling(), 4096, List.of(151_645));
        WireMessage message = new RankCommand.RunTick(
                new StepId(7, 0, 0),
                new EngineTick(
                        2, 7, List.of(new EngineOp.Begin(3, 9, false, 0, 200_000, longest, ids.subList(0, 4096)))));
        Serialization serialization = SerializationExtension.get(Adapter.toClassic(KIT.system()));
        byte[] bytes = serialization.findSerializerFor(message).toBinary(message);
        assertEquals(
                message, serialization.deserialize(bytes, message.getClass()).get());
        long frameBytesMax =
                ConfigFactory.load("pekko-longreel.conf").getBytes("pekko.remote.artery.advanced.maximum-frame-size");
        assertEquals(512 << 10, frameBytesMax);
        assertTrue(bytes.length < frameBytesMax - (8 << 10), "bytes=%d of %d".formatted(bytes.length, frameBytesMax));
    }

    @Test
    void shouldCoverEveryMessage() {
        Set<Class<?>> covered = messages().map(Object::getClass).collect(Collectors.toSet());
        WireRegistryTest.messages()
                .filter(WireMessage.class::isAssignableFrom)
                .forEach(type -> assertTrue(covered.contains(type), type.getName() + " has no round trip"));
    }

    @Test
    void shouldReadNoClassThatIsNotRegisteredWhateverTheBytesSay() {
        ExtendedActorSystem system = (ExtendedActorSystem) Adapter.toClassic(KIT.system());
        KryoWireSerializer serializer = new KryoWireSerializer(system);
        Output byName = new Output(256);
        byName.writeVarInt(1, true); // Kryo's mark for a class that is named instead of numbered
        byName.writeVarInt(0, true);
        byName.writeString("java.util.concurrent.atomic.AtomicInteger");
        byName.writeInt(7);
        assertThrows(
                IllegalArgumentException.class, () -> serializer.fromBinaryJava(byName.toBytes(), AtomicInteger.class));
        Output unknown = new Output(256);
        unknown.writeVarInt(9999 + 2, true);
        assertThrows(KryoException.class, () -> serializer.fromBinaryJava(unknown.toBytes(), null));
    }

    @Test
    void shouldNotReadJavaSerialization() throws IOException {
        Serialization serialization = SerializationExtension.get(Adapter.toClassic(KIT.system()));
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(new AtomicInteger(7));
        }
        int javaSerializer = 1; // fixed by Pekko
        assertTrue(serialization
                .deserialize(bytes.toByteArray(), javaSerializer, AtomicInteger.class.getName())
                .isFailure());
        assertThrows(
                RuntimeException.class,
                () -> new KryoWireSerializer((ExtendedActorSystem) Adapter.toClassic(KIT.system()))
                        .fromBinaryJava(bytes.toByteArray(), null));
    }

    @Test
    void shouldFailCleanlyOnBytesThatAreNoMessage() {
        KryoWireSerializer serializer = new KryoWireSerializer((ExtendedActorSystem) Adapter.toClassic(KIT.system()));
        byte[] whole = serializer.toBinary(new NodeCommand.StartRanks(new StepId(7, 0, 0), placement()));
        for (int length = 0; length < whole.length; length++) {
            byte[] cut = Arrays.copyOf(whole, length);
            assertThrows(RuntimeException.class, () -> serializer.fromBinaryJava(cut, null), "length=" + length);
        }
    }

    @Test
    void shouldRefuseAClassWithoutANumber() {
        var serializer = SerializationExtension.get(Adapter.toClassic(KIT.system()))
                .findSerializerFor(new RankCommand.RunStep(new StepId(1, 0, 0), false, SnapshotId.NONE));
        assertThrows(IllegalArgumentException.class, () -> serializer.toBinary(new AtomicInteger(1)));
    }

    private static EngineRequest request() {
        Medium video = Medium.whole(Medium.Kind.VIDEO, Path.of("/videos/a b – 日本.mp4"));
        MediumView.Look look = new MediumView.Look(64, 0.5, Aspect.PAD, 12);
        return new EngineRequest(
                List.of(1, 151_650, 151_650, 2),
                List.of(new MediumView(video, look)),
                new Sampling(0.7, 20, 0.9, 1.1, -5),
                100,
                List.of(7, 8));
    }
}
