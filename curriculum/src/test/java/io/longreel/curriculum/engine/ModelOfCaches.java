package io.longreel.curriculum.engine;

import io.longreel.model.InferenceSession.Kept;
import io.longreel.model.cache.KeyValueCache;
import io.longreel.model.generate.Sampling;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;

/**
 * What ranks do with ticks, without a model: keeps for each sequence the ids that are in its cache, and chooses tokens that follow from all ids before them. Refuses what ranks could not
 * do: pages that are not free, pieces out of order, sequences that are not there.
 */
final class ModelOfCaches {
    private final int pages;
    private final int imageToken;
    private final int tokensPerFrame;
    private final Map<Long, Cached> sequences = new HashMap<>();
    private int takenPages;

    private static final EngineRequest NONE = new EngineRequest(List.of(0), List.of(), Sampling.GREEDY, 1, List.of());

    private static final class Cached {
        private final List<Integer> ids = new ArrayList<>();
        private int pages;
        private long turn;
        private EngineRequest request = NONE;
        private List<Integer> prompt = List.of();
        private final List<Integer> answer = new ArrayList<>();
        private int answeredBefore;
    }

    ModelOfCaches(int pages, int imageToken, int tokensPerFrame) {
        this.pages = pages;
        this.imageToken = imageToken;
        this.tokensPerFrame = tokensPerFrame;
    }

    /** The token behind some ids. */
    static int next(List<Integer> ids) {
        return Math.floorMod(ids.hashCode() * 31 + ids.size(), 200);
    }

    TickResult run(EngineTick tick) {
        Map<Long, List<Integer>> chosen = new LinkedHashMap<>();
        List<Kept> kept = new ArrayList<>();
        for (EngineOp op : tick.ops()) {
            switch (op) {
                case EngineOp.Begin begin -> begin(begin);
                case EngineOp.Extend extend -> {
                    Cached cached = cached(extend.sequence());
                    require(cached.ids.size() == extend.from(), "pieces must follow each other: " + extend);
                    cached.ids.addAll(cached.prompt.subList(extend.from(), extend.to()));
                    require(extend.asks() == (extend.to() == cached.prompt.size()), "asked at the end: " + extend);
                    if (extend.asks()) {
                        choose(extend.sequence(), chosen);
                    }
                }
                case EngineOp.Decode decode -> {
                    for (int step = 0; step < decode.steps(); step++) {
                        for (long sequence : decode.sequences()) {
                            Cached cached = cached(sequence);
                            if (!isOver(cached)) {
                                cached.ids.add(cached.answer.getLast());
                                choose(sequence, chosen);
                            }
                        }
                    }
                }
                case EngineOp.Recall recall -> kept.addAll(kept());
                case EngineOp.End end -> {
                    takenPages -= cached(end.sequence()).pages;
                    sequences.remove(end.sequence());
                }
            }
        }
        return new TickResult(
                tick.number(),
                chosen.entrySet().stream()
                        .map(entry -> new TickResult.Chosen(entry.getKey(), entry.getValue()))
                        .toList(),
                List.of(),
                kept);
    }

    private List<Kept> kept() {
        return sequences.entrySet().stream()
                .map(entry -> new Kept(entry.getKey(), entry.getValue().turn, (int) tokens(entry.getValue().ids)))
                .toList();
    }

    /** A fault: some sequences are lost, and of others the newest tokens. */
    void lose(Random random) {
        List<Long> all = new ArrayList<>(sequences.keySet());
        for (long id : all) {
            Cached cached = cached(id);
            if (random.nextInt(3) == 0) {
                takenPages -= cached.pages;
                sequences.remove(id);
            } else {
                for (int some = random.nextInt(3); some > 0 && cached.ids.size() > 1; some--) {
                    cached.ids.removeLast();
                }
            }
        }
    }

    private Cached cached(long sequence) {
        return Objects.requireNonNull(sequences.get(sequence), "a sequence must be there");
    }

    private void begin(EngineOp.Begin begin) {
        Cached cached = begin.reuses() ? cached(begin.sequence()) : new Cached();
        if (!begin.reuses()) {
            require(sequences.put(begin.sequence(), cached) == null, "a sequence begins once: " + begin);
        }
        cached.turn = begin.turn();
        cached.prompt = new ArrayList<>(begin.request().ids());
        cached.prompt.addAll(begin.answered());
        cached.request = begin.request();
        cached.answer.clear();
        cached.answeredBefore = begin.answered().size();
        while (tokens(cached.ids) > begin.length()) {
            cached.ids.removeLast();
        }
        require(tokens(cached.ids) == begin.length(), "no frame is cut: " + begin);
        require(
                cached.ids.equals(cached.prompt.subList(0, cached.ids.size())),
                "what is reused must be the prompt's: " + begin);
        int needed = Math.max(cached.pages, KeyValueCache.pagesFor(begin.rowsMax()));
        takenPages += needed - cached.pages;
        cached.pages = needed;
        require(takenPages <= pages, "pages must be free: taken=" + takenPages);
    }

    private long tokens(List<Integer> ids) {
        return ids.stream()
                .mapToLong(id -> id == imageToken ? tokensPerFrame : 1)
                .sum();
    }

    private static boolean isOver(Cached cached) {
        return cached.answeredBefore + cached.answer.size() >= cached.request.newTokensMax()
                || (!cached.answer.isEmpty() && cached.request.endsWith(cached.answer.getLast()));
    }

    private void choose(long sequence, Map<Long, List<Integer>> chosen) {
        Cached cached = cached(sequence);
        int token = next(cached.ids);
        cached.answer.add(token);
        chosen.computeIfAbsent(sequence, id -> new ArrayList<>()).add(token);
    }

    private static void require(boolean holds, String rule) {
        if (!holds) {
            throw new IllegalStateException(rule);
        }
    }
}
