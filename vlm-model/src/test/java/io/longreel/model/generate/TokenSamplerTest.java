package io.longreel.model.generate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What is drawn, and how often, against the plain definition: sort, cut to k, cut to the share, normalise. */
final class TokenSamplerTest {
    private static final int VOCABULARY = 24;
    private static final int DRAWS = 4000;

    private static float[] logits(SplittableRandom random, int count) {
        float[] logits = new float[count];
        for (int id = 0; id < count; id++) {
            // Some are equal, so that ties have to be broken.
            logits[id] = id % 5 == 4 ? logits[id - 1] : (float) random.nextGaussian(0, 2);
        }
        return logits;
    }

    /** Probability of each id that can be drawn. */
    private static Map<Integer, Double> plain(float[] logits, Sampling sampling) {
        List<Integer> order =
                new ArrayList<>(IntStream.range(0, logits.length).boxed().toList());
        order.sort(Comparator.<Integer>comparingDouble(id -> -logits[id]).thenComparing(id -> id));
        double[] weights = IntStream.range(0, logits.length)
                .mapToDouble(id -> Math.exp(logits[id] / sampling.temperature()))
                .toArray();
        int count = sampling.topK() == 0 ? order.size() : Math.min(sampling.topK(), order.size());
        double mass =
                order.subList(0, count).stream().mapToDouble(id -> weights[id]).sum();
        double reached = 0;
        Map<Integer, Double> drawn = new TreeMap<>();
        for (int id : order.subList(0, count)) {
            if (drawn.isEmpty() || reached < sampling.topP() * mass) {
                drawn.put(id, weights[id]);
                reached += weights[id];
            }
        }
        double total = reached;
        drawn.replaceAll((id, weight) -> weight / total);
        return drawn;
    }

    private static Map<Integer, Integer> draw(float[] logits, Sampling sampling) {
        TokenSampler sampler = new TokenSampler(sampling);
        Map<Integer, Integer> counts = new TreeMap<>();
        for (int index = 0; index < DRAWS; index++) {
            counts.merge(sampler.choose(logits.clone(), index), 1, Integer::sum);
        }
        return counts;
    }

    @Test
    void shouldDrawWhatThePlainDefinitionAllowsAsOftenAsItSays() {
        double[] temperatures = {0.3, 1, 2.5, 30};
        int[] ks = {0, 1, 3, 7, VOCABULARY, 1000};
        double[] shares = {1, 0.95, 0.7, 0.5, 0.1};
        for (long seed = 1; seed <= 40; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            float[] logits = logits(random, VOCABULARY);
            Sampling sampling = new Sampling(
                    temperatures[random.nextInt(temperatures.length)],
                    ks[random.nextInt(ks.length)],
                    shares[random.nextInt(shares.length)],
                    1,
                    random.nextLong());
            Map<Integer, Double> expected = plain(logits, sampling);
            Map<Integer, Integer> counts = draw(logits, sampling);
            String where = "seed=%d %s expected=%s counts=%s".formatted(seed, sampling, expected, counts);
            assertTrue(expected.keySet().containsAll(counts.keySet()), where);
            for (Map.Entry<Integer, Double> each : expected.entrySet()) {
                double p = each.getValue();
                double deviation = Math.sqrt(p * (1 - p) / DRAWS);
                double share = counts.getOrDefault(each.getKey(), 0) / (double) DRAWS;
                assertEquals(p, share, 6 * deviation + 1e-9, where);
            }
        }
    }

    /** What top-k leaves is all there is: what it cuts off has no share that top-p could count. */
    @Test
    void shouldTakeTheShareOfWhatTopKLeaves() {
        float[] logits = {
            (float) Math.log(0.4), (float) Math.log(0.35), (float) Math.log(0.125), (float) Math.log(0.125)
        };
        Set<Integer> drawn = draw(logits, new Sampling(1, 3, 0.5, 1, 1)).keySet();
        assertEquals(Set.of(0, 1), drawn, "0.4 is less than half of 0.875");
    }

    @Test
    void shouldChooseTheMostLikelyWhenGreedyOrWhenOneIsLeft() {
        for (long seed = 1; seed <= 100; seed++) {
            float[] logits = logits(new SplittableRandom(seed), VOCABULARY);
            int best = 0;
            for (int id = 0; id < VOCABULARY; id++) {
                best = logits[id] > logits[best] ? id : best;
            }
            for (Sampling sampling : List.of(
                    Sampling.GREEDY,
                    new Sampling(5, 1, 1, 1, seed),
                    new Sampling(5, 0, 1e-9, 1, seed),
                    new Sampling(1e-4, 0, 1, 1, seed))) {
                int chosen = new TokenSampler(sampling).choose(logits.clone(), (int) seed);
                assertEquals(logits[best], logits[chosen], "seed=%d %s".formatted(seed, sampling));
            }
        }
    }

    @Test
    void shouldDependOnSeedAndPlaceAlone() {
        float[] logits = logits(new SplittableRandom(3), VOCABULARY);
        Sampling sampling = new Sampling(2, 0, 1, 1, 77);
        TokenSampler sampler = new TokenSampler(sampling);
        List<Integer> forward = IntStream.range(0, 200)
                .mapToObj(index -> sampler.choose(logits.clone(), index))
                .toList();
        for (int index = 199; index >= 0; index--) {
            int chosen = new TokenSampler(sampling).choose(logits.clone(), index);
            assertEquals(forward.get(index), chosen, "another sampler, in another order: index=" + index);
        }
        Set<List<Integer>> answers = new HashSet<>();
        for (long seed = 0; seed < 50; seed++) {
            TokenSampler other = new TokenSampler(new Sampling(2, 0, 1, 1, seed));
            answers.add(IntStream.range(0, 20)
                    .mapToObj(index -> other.choose(logits.clone(), index))
                    .toList());
        }
        assertEquals(50, answers.size(), "seeds that follow each other must have nothing in common");
    }

    @Test
    void shouldPenaliseWhatWasSaidOnce() {
        for (long seed = 1; seed <= 50; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            float[] logits = logits(random, VOCABULARY);
            float penalty = 1 + random.nextInt(1, 30) / 10f;
            TokenSampler sampler = new TokenSampler(new Sampling(0, 0, 1, penalty, seed));
            assertFalse(sampler.isArgmax());
            float[] expected = logits.clone();
            for (int i = 0; i < 8; i++) {
                int id = random.nextInt(VOCABULARY + 4); // some are not among the logits: their rows are padding
                sampler.saw(id);
                sampler.saw(id);
                if (id < VOCABULARY) {
                    expected[id] = logits[id] > 0 ? logits[id] / penalty : logits[id] * penalty;
                }
            }
            float[] actual = logits.clone();
            int chosen = sampler.choose(actual, 0);
            for (int id = 0; id < VOCABULARY; id++) {
                assertEquals(expected[id], actual[id], "seed=%d id=%d penalty=%s".formatted(seed, id, penalty));
                assertTrue(expected[chosen] >= expected[id], "seed=%d".formatted(seed));
            }
        }
        assertTrue(new TokenSampler(Sampling.GREEDY).isArgmax());
    }
}
