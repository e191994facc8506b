package io.longreel.chaos.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.longreel.chaos.process.ChatClient.Talk;
import io.longreel.config.DataSettings.GeneratedFootage;
import io.longreel.config.RunConfig;
import io.longreel.config.RunConfigLoader;
import io.longreel.config.RuntimeFailure;
import io.longreel.curriculum.chat.AnswerListener;
import io.longreel.curriculum.chat.ChatAnswer;
import io.longreel.curriculum.chat.ChatService;
import io.longreel.curriculum.corpus.Medium;
import io.longreel.curriculum.footage.FootageGenerator;
import io.longreel.model.generate.Sampling;
import io.longreel.runtime.journal.JournalEntry;
import io.longreel.runtime.serving.LocalService;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code serve} over two worker processes and a spare, which are killed and stopped while answers are on their way. What it says must be, byte for byte, what an
 * engine says that nobody disturbs, on ranks of this process. One job serves all tests, the last of which ends it.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class AnsweringIT {
    private static final Duration LIMIT = Duration.ofMinutes(4);
    private static final Pattern ADDRESS = Pattern.compile("answers on (\\S+)");
    private static final int SIGTERMED = 143;
    private static final long MODEL_SEED = 1;
    private static final int QUESTIONS = 200;
    private static final int LEAVERS = 20;
    private static final int LONG_TOKENS_MIN = 300;
    private static final int LONG_TOKENS_MAX = 500;
    private static final List<String> SETTINGS = List.of(
            "inference.cache=2 MiB",
            "inference.steps-per-tick=2",
            "serve.requests-max=300",
            "serve.stop-timeout=1 s",
            "recovery.attempts-max=20",
            "recovery.quarantine.losses=20",
            "recovery.wait-for-nodes=120 s",
            "cluster.join-timeout=240 s",
            "transport.wait-timeout=120 s");

    @TempDir
    private static Path folder = Path.of("");

    private static Optional<ChildJvm> started = Optional.empty();
    private static Optional<ChatClient> connected = Optional.empty();
    private static Asked longOne = asked("", Sampling.GREEDY, 1);
    private static String longAnswer = "";
    private static final List<Asked> MIXED = new ArrayList<>();
    private static final List<String> MIXED_ANSWERS = new ArrayList<>();

    @BeforeAll
    static void startAndComputeWhatIsRight() throws IOException {
        Path model = RandomModel.write(folder.resolve("model"), MODEL_SEED);
        Path video = folder.resolve("v.mp4");
        FootageGenerator.ensure(video, new GeneratedFootage(24, 64, 48, 8), 1);
        BufferedImage picture = new BufferedImage(60, 40, BufferedImage.TYPE_INT_RGB);
        for (int x = 0; x < picture.getWidth(); x++) {
            picture.setRGB(x, x % picture.getHeight(), 0xff_ff_ff);
        }
        Path image = folder.resolve("p.png");
        ImageIO.write(picture, "png", image.toFile());
        started = Optional.of(serve(model));
        try (ChatService undisturbed = undisturbed(model)) {
            findLongOne(undisturbed);
            for (int i = 0; i < QUESTIONS; i++) {
                MIXED.add(mixed(i, video.toRealPath(), image.toRealPath()));
            }
            List<CompletableFuture<String>> answers = new ArrayList<>();
            MIXED.forEach(question -> answers.add(ask(undisturbed, question)));
            answers.forEach(answer -> MIXED_ANSWERS.add(answer.join()));
        }
        assertTrue(new HashSet<>(MIXED_ANSWERS).size() > QUESTIONS / 2, "answers must differ to tell anything");
        connected = Optional.of(new ChatClient(address()));
        awaitNodes(3);
    }

    private static ChildJvm serve(Path model) {
        List<String> arguments = new ArrayList<>(List.of("serve", "--model", model.toString()));
        arguments.addAll(List.of("--nodes", "2", "--spares", "1", "--mesh", "ring=2", "--port", "0"));
        arguments.addAll(List.of(
                "--media-root", folder.toString(), "--run-dir", runDirectory().toString()));
        SETTINGS.forEach(setting -> arguments.addAll(List.of("--set", setting)));
        return ChildJvm.start(folder, arguments.toArray(String[]::new));
    }

    private static Path runDirectory() {
        return folder.resolve("run");
    }

    private static ChatService undisturbed(Path model) {
        List<String> overrides = new ArrayList<>(SETTINGS);
        overrides.addAll(List.of(
                "name=serve",
                "model.checkpoint=" + model,
                "mesh.ring=2",
                "cluster.nodes=1",
                "cluster.ranks-per-node=2"));
        RunConfig config = RunConfigLoader.parse("", "the test", overrides);
        return LocalService.open(config, 300, System::nanoTime);
    }

    /** The first seed with which the model goes on for long enough to be disturbed. */
    private static void findLongOne(ChatService undisturbed) {
        for (long seed = 1; longAnswer.isEmpty(); seed++) {
            Asked candidate = asked("Tell me all.", new Sampling(30, 0, 1, 1, seed), LONG_TOKENS_MAX);
            ChatAnswer answer = undisturbed.answer(candidate.question());
            if (answer.newTokens() >= LONG_TOKENS_MIN) {
                System.out.printf("a long answer: seed=%d newTokens=%d%n", seed, answer.newTokens());
                longOne = candidate;
                longAnswer = answer.text();
            }
        }
    }

    private static Asked asked(String text, Sampling sampling, int newTokensMax) {
        return new Asked(text, Optional.empty(), 0, sampling, newTokensMax);
    }

    private static Asked mixed(int number, Path video, Path image) {
        Sampling sampling = number % 3 == 0 ? Sampling.GREEDY : new Sampling(30, number % 2 * 40, 0.95, 1.1, number);
        Optional<Medium> medium = switch (number % 5) {
            case 0 -> Optional.of(Medium.whole(Medium.Kind.VIDEO, video));
            case 1 -> Optional.of(Medium.whole(Medium.Kind.IMAGE, image));
            default -> Optional.empty();
        };
        String text = "question %d %s".formatted(number, "x".repeat(number % 17));
        return new Asked(text, medium, number % 5 == 0 ? 4 + number % 9 : 0, sampling, 8 + number % 41);
    }

    private static CompletableFuture<String> ask(ChatService service, Asked asked) {
        CompletableFuture<String> answer = new CompletableFuture<>();
        service.ask(asked.question(), new AnswerListener() {
            @Override
            public void text(String piece) {}

            @Override
            public void done(ChatAnswer whole) {
                answer.complete(whole.text());
            }

            @Override
            public void failed(RuntimeFailure failure) {
                answer.completeExceptionally(failure);
            }
        });
        return answer;
    }

    private static URI address() {
        await("the address", () -> ADDRESS.matcher(job().out()).find());
        Matcher address = ADDRESS.matcher(job().out());
        assertTrue(address.find(), AnsweringIT::story);
        return URI.create(address.group(1));
    }

    private static ChildJvm job() {
        return started.orElseThrow();
    }

    private static ChatClient client() {
        return connected.orElseThrow();
    }

    private static ObservedRun run() {
        return new ObservedRun(runDirectory());
    }

    private static String story() {
        return job().story() + run().story();
    }

    /** Waits for something, or the end of the job. */
    private static void await(String what, BooleanSupplier condition) {
        BoundedWait.until(what, LIMIT, () -> condition.getAsBoolean() || !job().isAlive(), AnsweringIT::story);
        assertTrue(job().isAlive(), AnsweringIT::story);
    }

    /** So many processes have joined, so that a spare is there when one is lost. */
    private static void awaitNodes(int count) {
        await("ranks", () -> client().engine().path("up").asBoolean());
        await("workers", () -> workers().size() >= count);
    }

    private static List<ProcessHandle> workers() {
        return job().descendants().stream().filter(ProcessHandle::isAlive).toList();
    }

    /** The process of a rank, which is no spare. */
    private static ProcessHandle workerOf(int rank) {
        String nodeId =
                run().journal(JournalEntry.Placed.class).getLast().nodeIds().get(rank);
        Pattern born = Pattern.compile("worker\\.forked nodeId=%s pid=(\\d+)".formatted(nodeId));
        Matcher last = born.matcher(run().logLines(born).getLast());
        assertTrue(last.find(), AnsweringIT::story);
        return ProcessHandle.of(Long.parseLong(last.group(1)))
                .orElseThrow(() -> new IllegalStateException("no process of %s%n%s".formatted(nodeId, story())));
    }

    private static long generation() {
        JsonNode engine = client().engine();
        assertTrue(engine.has("generation"), engine::toString);
        return engine.path("generation").asLong();
    }

    private static Talk beginLongOne() {
        Talk talk = client().stream(longOne);
        await("the beginning of an answer", () -> talk.pieces() > 20 || talk.isOver());
        return talk;
    }

    @Test
    @Order(1)
    void shouldGoOnWithTheSameAnswerWhenAWorkerIsKilled() {
        long before = generation();
        ProcessHandle victim = workerOf(0);
        Talk talk = beginLongOne();
        victim.destroyForcibly();
        victim.onExit().join();
        assertFalse(talk.isOver(), "the answer was over before the worker was dead");
        assertEquals(longAnswer, talk.whole().join(), AnsweringIT::story);
        assertTrue(generation() > before, AnsweringIT::story);
        System.out.printf("SIGKILL of a worker: the answer paused for %d ms%n", talk.pauseMs());
    }

    @Test
    @Order(2)
    void shouldGoOnWithTheSameAnswerWhenAWorkerIsStopped() {
        awaitNodes(3);
        long before = generation();
        ProcessHandle victim = workerOf(1);
        Talk talk = beginLongOne();
        signal(victim, "STOP");
        try {
            assertFalse(talk.isOver(), "the answer was over before the worker was stopped");
            await("another mesh", () -> generation() > before);
            assertFalse(talk.isOver(), "the answer was over before its ranks were there again");
        } finally {
            signal(victim, "CONT");
        }
        assertEquals(longAnswer, talk.whole().join(), AnsweringIT::story);
        System.out.printf("SIGSTOP of a worker: the answer paused for %d ms%n", talk.pauseMs());
    }

    private static void signal(ProcessHandle process, String signal) {
        try {
            Process kill = new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())).start();
            assertEquals(0, kill.onExit().join().exitValue(), () -> "kill -" + signal);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    @Order(3)
    void shouldAnswerAllWhenAWorkerIsKilledAndClientsGoAway() throws IOException {
        awaitNodes(3);
        long before = generation();
        List<CompletableFuture<String>> answers = new ArrayList<>();
        List<Socket> leavers = new ArrayList<>();
        for (int i = 0; i < QUESTIONS; i++) {
            if (i % (QUESTIONS / LEAVERS) == 0) {
                leavers.add(client().connect(longOne));
            }
            answers.add(
                    i % 2 == 0
                            ? client().whole(MIXED.get(i))
                            : client().stream(MIXED.get(i)).whole());
        }
        // Some are gone before they hear anything, some in the middle of an answer.
        for (Socket leaver : leavers) {
            if (leavers.indexOf(leaver) % 2 == 0) {
                assertNotEquals(-1, leaver.getInputStream().read());
            }
        }
        await("some answers", () -> done(answers) >= QUESTIONS / 10);
        for (Socket leaver : leavers.subList(0, LEAVERS / 2)) {
            leaver.close();
        }
        ProcessHandle victim = workerOf(0);
        victim.destroyForcibly();
        victim.onExit().join();
        int doneAtDeath = done(answers);
        assertTrue(doneAtDeath < QUESTIONS, "all answers were over before the worker was dead");
        for (Socket leaver : leavers.subList(LEAVERS / 2, LEAVERS)) {
            leaver.close();
        }
        for (int i = 0; i < QUESTIONS; i++) {
            assertEquals(MIXED_ANSWERS.get(i), answers.get(i).join(), "question %d: %s".formatted(i, MIXED.get(i)));
        }
        assertTrue(generation() > before, AnsweringIT::story);
        awaitNothingOpen();
        System.out.printf("%d of %d answers came after a worker was killed%n", QUESTIONS - doneAtDeath, QUESTIONS);
    }

    private static int done(List<CompletableFuture<String>> answers) {
        return (int) answers.stream().filter(CompletableFuture::isDone).count();
    }

    private static void awaitNothingOpen() {
        await("an engine with nothing to do", () -> {
            JsonNode engine = client().engine();
            return engine.path("open").asInt(-1) == 0
                    && engine.path("answering").asInt(-1) == 0
                    && engine.path("cache_pages_busy").asInt(-1) == 0;
        });
    }

    @Test
    @Order(4)
    void shouldLeaveNothingBehindWhenToldToEnd() {
        Talk talk = beginLongOne();
        List<ProcessHandle> workers = workers();
        Set<Path> shared = sharedMemory(workers);
        assertFalse(talk.isOver(), "the answer was over before the signal");
        job().terminate();
        assertEquals(SIGTERMED, job().outcome(LIMIT).exitCode(), AnsweringIT::story);
        assertTrue(BoundedWait.within(LIMIT, talk::isOver), "an answer never ended");
        assertTrue(
                BoundedWait.within(LIMIT, () -> workers.stream().noneMatch(ProcessHandle::isAlive)),
                "workers outlived their seed");
        assertEquals(List.of(), shared.stream().filter(Files::exists).toList());
        assertEquals(1, run().journal(JournalEntry.RunEnded.class).size());
    }

    /** Folders in shared memory that processes hold open; none where the system does not show it. */
    private static Set<Path> sharedMemory(List<ProcessHandle> processes) {
        Set<Path> found = new HashSet<>();
        for (ProcessHandle process : processes) {
            try (Stream<Path> open = Files.list(Path.of("/proc", Long.toString(process.pid()), "fd"))) {
                open.forEach(link -> target(link)
                        .filter(file -> file.startsWith("/dev/shm"))
                        .ifPresent(file -> found.add(file.getRoot().resolve(file.subpath(0, 3)))));
            } catch (IOException e) {
                System.out.println("not looked at: " + e);
            }
        }
        System.out.println("folders in shared memory: " + found);
        return found;
    }

    private static Optional<Path> target(Path link) {
        try {
            return Optional.of(Files.readSymbolicLink(link));
        } catch (IOException e) {
            return Optional.empty(); // closed meanwhile
        }
    }

    @AfterAll
    static void end() {
        connected.ifPresent(ChatClient::close);
        started.ifPresent(ChildJvm::close);
    }
}
