package io.longreel.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.Placement;
import io.longreel.model.InferenceSession.Extended;
import io.longreel.model.InferenceSession.Kept;
import io.longreel.model.cache.RankCache;
import io.longreel.model.checkpoint.ModelOrigin;
import io.longreel.model.generate.Sampling;
import io.longreel.ops.device.Devices;
import io.longreel.transport.InProcessTransport;
import io.longreel.transport.RankEndpoint;
import io.longreel.transport.RankThreads;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Ranks are lost with their caches, and answers go on from the mirrors without their prompts being read again. */
final class CacheRecallTest {
    private static final int PAGES = 8;
    private static final int TOKENS = 24;

    private final Path golden = Path.of("src/test/resources/golden/gqa-even");
    private final ModelOrigin origin = ModelOrigin.of(golden.resolve("checkpoint"));
    private final ModelConfig config = origin.readConfig();
    private final PackedBatch prompt =
            BatchFile.readPrompt(golden.resolve("batch.safetensors"), config).packed();

    static Stream<Arguments> losses() {
        return Stream.of(
                Arguments.of(new Mesh(1, 2, 1), List.of(0), true),
                Arguments.of(new Mesh(1, 2, 1), List.of(1), true),
                Arguments.of(new Mesh(1, 3, 1), List.of(1), true),
                Arguments.of(new Mesh(1, 2, 2), List.of(2, 3), true), // a node
                Arguments.of(new Mesh(1, 4, 1), List.of(0, 2), true),
                Arguments.of(new Mesh(1, 4, 1), List.of(1, 2), false), // with its mirror
                Arguments.of(new Mesh(1, 1, 2), List.of(1), false)); // nobody mirrors
    }

    @ParameterizedTest
    @MethodSource("losses")
    void shouldGoOnFromMirrors(Mesh mesh, List<Integer> lost, boolean isKept) {
        try (LoadedModel model = LoadedModel.open(origin, config, Devices.cpu(), SessionOptions.DEFAULTS)) {
            int[] whole = new GenerateRun(
                            golden.resolve("checkpoint"), mesh, Devices.cpu(), SessionOptions.DEFAULTS, 7, TOKENS)
                    .answer(config, prompt, Sampling.GREEDY);
            List<RankCache> caches = new ArrayList<>();
            for (int rank = 0; rank < mesh.worldSize(); rank++) {
                caches.add(InferenceSession.openCache(config, mesh, rank, PAGES, true));
            }
            int[] answer = new int[TOKENS];
            run(mesh, endpoint -> {
                begin(session(model, mesh, caches, endpoint), answer, 10);
                return List.of();
            });
            // Twice, so that the mirrors that were made anew are needed too.
            for (int round = 1; round <= 2; round++) {
                for (int rank : lost) {
                    caches.get(rank).close();
                    caches.set(rank, InferenceSession.openCache(config, mesh, rank, PAGES, true));
                }
                long turn = 1L + round;
                int known = 5 + 5 * round;
                run(mesh, endpoint -> {
                    try (InferenceSession session = session(model, mesh, caches, endpoint)) {
                        List<Kept> kept = session.recall();
                        assertEquals(isKept ? 1 : 0, kept.size(), "on rank " + endpoint.rank());
                        if (isKept) {
                            assertEquals(turn - 1, kept.getFirst().turn());
                            goOn(session, kept.getFirst(), turn, answer, known, known + 5);
                        }
                    }
                    return List.of();
                });
            }
            if (isKept) {
                assertArrayEquals(Arrays.copyOf(whole, 20), Arrays.copyOf(answer, 20));
            }
            caches.forEach(RankCache::close);
        }
    }

    private static void run(Mesh mesh, RankThreads.RankWork<List<Integer>> work) {
        try (InProcessTransport transport = InProcessTransport.open(Placement.inProcess(mesh))) {
            RankThreads.run(transport.endpoints(), work);
        }
    }

    private static InferenceSession session(
            LoadedModel model, Mesh mesh, List<RankCache> caches, RankEndpoint endpoint) {
        return InferenceSession.open(
                model, Devices.cpu(), mesh, SessionOptions.DEFAULTS, caches.get(endpoint.rank()), endpoint);
    }

    /** The whole prompt and the first tokens. */
    private void begin(InferenceSession session, int[] answer, int tokens) {
        try (session) {
            session.begin(3, 1, 200, Sampling.GREEDY);
            Extended asked = session.extend(3, prompt, true);
            answer[0] = ((Extended.Asked) asked).token();
            for (int i = 1; i < tokens; i++) {
                answer[i] = session.decode(List.of(3L))[0];
            }
        }
    }

    /** More tokens, behind the newest that is known. */
    private void goOn(InferenceSession session, Kept kept, long turn, int[] answer, int known, int to) {
        session.resume(kept.sequence(), turn, kept.length(), 200, Sampling.GREEDY);
        int[] newest = {answer[known - 1]};
        Extended asked = session.extend(3, session.chunk(newest, FrameSource.NONE), true);
        answer[known] = ((Extended.Asked) asked).token();
        for (int i = known + 1; i < to; i++) {
            answer[i] = session.decode(List.of(3L))[0];
        }
    }
}
