package io.longreel.curriculum.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.model.generate.Sampling;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SchedulerTest {
    private static final int IMAGE = 500;
    private static final int TOKENS_PER_FRAME = 4;
    private static final EngineLimits LIMITS = new EngineLimits(40, 16, 3, 100, 4);

    private final Scheduler scheduler = new Scheduler(LIMITS, IMAGE, TOKENS_PER_FRAME);
    private final Map<Long, EngineRequest> requests = new HashMap<>();
    private final Map<Long, List<Integer>> answers = new HashMap<>();
    private final Map<Long, Integer> cached = new HashMap<>();
    private ModelOfCaches ranks = new ModelOfCaches(LIMITS.cachePages(), IMAGE, TOKENS_PER_FRAME);

    private static EngineRequest request(List<Integer> ids, int newTokensMax) {
        return new EngineRequest(ids, List.of(), Sampling.GREEDY, newTokensMax, List.of(7));
    }

    private void submit(long id, EngineRequest request) {
        requests.put(id, request);
        answers.put(id, new ArrayList<>());
        long frameKey = 1L << 62;
        scheduler.submit(
                id,
                request,
                request.ids().stream().mapToLong(x -> x == IMAGE ? frameKey : x).toArray());
    }

    private List<Integer> answer(long id) {
        return Objects.requireNonNull(answers.get(id));
    }

    private EngineRequest requested(long id) {
        return Objects.requireNonNull(requests.get(id));
    }

    private boolean tick() {
        Optional<EngineTick> tick = scheduler.next();
        tick.ifPresent(next -> {
            for (Scheduler.Progress progress : scheduler.done(ranks.run(next))) {
                answer(progress.request()).addAll(progress.tokens());
                cached.put(progress.request(), progress.cachedTokens());
            }
        });
        return tick.isPresent();
    }

    private void run() {
        while (tick()) {}
    }

    /** What a request is answered when nobody else is there. */
    private static List<Integer> alone(EngineRequest request) {
        List<Integer> ids = new ArrayList<>(request.ids());
        List<Integer> answer = new ArrayList<>();
        while (answer.size() < request.newTokensMax() && (answer.isEmpty() || !request.endsWith(answer.getLast()))) {
            int token = ModelOfCaches.next(ids);
            ids.add(token);
            answer.add(token);
        }
        return answer;
    }

    private static List<Integer> noise(Random random, int length) {
        return random.ints(length, 0, 200).boxed().toList();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void shouldAnswerAllAsIfEachWereAloneWhateverHappens(long seed) {
        Random random = new Random(seed);
        scheduler.meshIsReady(1, 2);
        long id = 0;
        for (int event = 0; event < 600; event++) {
            int kind = random.nextInt(100);
            if (kind < 20) {
                List<Integer> ids = new ArrayList<>();
                if (id > 0 && random.nextBoolean()) { // the next turn of some conversation
                    long earlier = 1 + random.nextLong(id);
                    ids.addAll(requested(earlier).ids());
                    ids.addAll(answer(earlier));
                    ids = new ArrayList<>(ids.subList(0, Math.min(ids.size(), 300)));
                }
                for (int frame = random.nextInt(8); frame > 0; frame--) {
                    ids.add(IMAGE);
                }
                ids.addAll(noise(random, 1 + random.nextInt(30)));
                EngineRequest request = request(ids, 1 + random.nextInt(30));
                if (scheduler.pagesFor(request, 2) <= LIMITS.cachePages() && !scheduler.isFull()) {
                    submit(++id, request);
                }
            } else if (kind < 23) {
                if (random.nextBoolean()) {
                    scheduler.next().ifPresent(ranks::run); // done by the ranks, and never heard of
                }
                scheduler.meshIsLost(false);
                if (random.nextInt(3) == 0) {
                    ranks = new ModelOfCaches(LIMITS.cachePages(), IMAGE, TOKENS_PER_FRAME);
                } else {
                    ranks.lose(random);
                }
                scheduler.meshIsReady(1, 1 + random.nextInt(2));
            } else {
                tick();
            }
        }
        run();
        assertEquals(0, scheduler.open());
        assertEquals(0, scheduler.busyPages());
        assertTrue(id > 20, "seed " + seed + " must ask something");
        requests.forEach((request, asked) -> assertEquals(alone(asked), answers.get(request), "seed " + seed));
    }

    /** The token that comes with a prompt that is read again is no sign that decoding works. */
    @Test
    void shouldSuspectAQuestionThatBreaksRanksWheneverATokenIsDecoded() {
        scheduler.meshIsReady(1, 1);
        submit(1, request(List.of(1, 2, 3), 60));
        assertEquals(List.of(), loseRanksWhileDecoding());
        assertEquals(List.of(), loseRanksWhileDecoding());
        assertEquals(List.of(1L), loseRanksWhileDecoding());
    }

    private List<Long> loseRanksWhileDecoding() {
        int before = answer(1).size();
        while (answer(1).size() == before) {
            assertTrue(tick());
        }
        assertTrue(scheduler.next().isPresent());
        List<Long> suspects = scheduler.meshIsLost(true);
        ranks = new ModelOfCaches(LIMITS.cachePages(), IMAGE, TOKENS_PER_FRAME);
        scheduler.meshIsReady(1, 1);
        return suspects;
    }

    @Test
    void shouldGoOnFromWhatAnEarlierTurnLeft() {
        scheduler.meshIsReady(1, 1);
        List<Integer> first = List.of(1, IMAGE, IMAGE, IMAGE, 2, 3);
        submit(1, request(first, 5));
        run();
        List<Integer> second = new ArrayList<>(first);
        second.addAll(answer(1));
        second.addAll(List.of(11, 12));
        submit(2, request(second, 5));
        run();
        // All of the first prompt and its answer, but for the newest token, which was never read.
        assertEquals(3 + 3 * TOKENS_PER_FRAME + 4, cached.get(2L));
        assertEquals(0, cached.get(1L));
        assertEquals(alone(requested(2)), answer(2));
    }

    /** When ranks are replaced, all that is open begins anew: not in one message, which might be too large. */
    @Test
    void shouldTellRanksOfNoMoreIdsAtATimeThanAMessageHolds() {
        EngineLimits limits = new EngineLimits(100_000, 1_000_000, 16, 20, 3);
        Scheduler many = new Scheduler(limits, IMAGE, TOKENS_PER_FRAME);
        many.meshIsReady(1, 1);
        for (long id = 1; id <= 16; id++) {
            EngineRequest request = request(noise(new Random(id), 30_000 + (int) id), 10);
            many.submit(id, request, request.ids().stream().mapToLong(x -> x).toArray());
        }
        for (int round = 1; round <= 2; round++) {
            EngineTick first = many.next().orElseThrow();
            assertEquals(List.of(new EngineOp.Recall()), first.ops());
            many.done(new TickResult(first.number(), List.of(), List.of()));
            int begun = 0;
            while (begun < 16) {
                EngineTick tick = many.next().orElseThrow();
                List<EngineOp.Begin> begins = tick.ops().stream()
                        .filter(EngineOp.Begin.class::isInstance)
                        .map(EngineOp.Begin.class::cast)
                        .toList();
                int told = begins.stream()
                        .mapToInt(begin ->
                                begin.request().ids().size() + begin.answered().size())
                        .sum();
                assertTrue(told <= EngineRequest.IDS_MAX, "told=%d begins=%d".formatted(told, begins.size()));
                assertTrue(!begins.isEmpty(), "as many as fit are let in");
                begun += begins.size();
            }
            many.meshIsLost(false);
            many.meshIsReady(1 + round, 1);
        }
    }

    @Test
    void shouldFreeWhatACancelledQuestionHolds() {
        scheduler.meshIsReady(1, 1);
        submit(1, request(noise(new Random(1), 100), 50));
        submit(2, request(noise(new Random(2), 100), 50));
        submit(3, request(noise(new Random(3), 10), 50));
        tick();
        tick();
        scheduler.finish(1);
        scheduler.finish(2);
        scheduler.finish(3);
        assertEquals(0, scheduler.open());
        assertEquals(0, scheduler.busyPages());
        run();
    }

    /** Nobody waits behind a request that can never begin. */
    @Test
    void shouldGiveUpWhatNoCacheOfTheRanksHolds() {
        Scheduler small = new Scheduler(new EngineLimits(4, 16, 3, 100, 4), IMAGE, TOKENS_PER_FRAME);
        small.meshIsReady(1, 1);
        small.done(new TickResult(small.next().orElseThrow().number(), List.of(), List.of()));
        EngineRequest large = request(noise(new Random(1), 300), 30);
        EngineRequest fits = request(noise(new Random(2), 20), 5);
        small.submit(1, large, large.ids().stream().mapToLong(x -> x).toArray());
        small.submit(2, fits, fits.ids().stream().mapToLong(x -> x).toArray());
        EngineTick tick = small.next().orElseThrow();
        assertEquals(List.of(1L), small.takeImpossible());
        assertTrue(tick.ops().stream().anyMatch(EngineOp.Begin.class::isInstance), "the other one begins");
        assertEquals(1, small.open());
    }

    @Test
    void shouldSuspectOnlyWhoHadAPartInEachLoss() {
        scheduler.meshIsReady(1, 1);
        tick();
        submit(1, request(noise(new Random(1), 10), 50));
        for (int loss = 1; loss <= 5; loss++) { // between ticks, and before the ranks have said what they have
            assertEquals(List.of(), scheduler.meshIsLost(false));
            scheduler.meshIsReady(1 + loss, 1);
            assertEquals(List.of(), scheduler.meshIsLost(true));
            scheduler.meshIsReady(10 + loss, 1);
            ranks = new ModelOfCaches(LIMITS.cachePages(), IMAGE, TOKENS_PER_FRAME);
            tick();
        }
        for (int loss = 1; loss <= 3; loss++) {
            assertTrue(scheduler.next().isPresent());
            assertEquals(loss == 3 ? List.of(1L) : List.of(), scheduler.meshIsLost(true));
            scheduler.meshIsReady(20 + loss, 1);
            ranks = new ModelOfCaches(LIMITS.cachePages(), IMAGE, TOKENS_PER_FRAME);
            tick();
        }
    }
}
