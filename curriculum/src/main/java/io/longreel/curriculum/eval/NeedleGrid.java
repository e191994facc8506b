package io.longreel.curriculum.eval;

import io.longreel.config.StageSettings;
import io.longreel.curriculum.dataset.Haystack;
import io.longreel.curriculum.dataset.Needle;
import io.longreel.curriculum.dataset.NeedleCard;
import io.longreel.curriculum.dataset.SeedPath;
import io.longreel.model.PackedBatch;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Needle in a haystack (LongVILA, section 5.3; specification 7.1): a grid of video lengths and depths, a few needles in each cell. A test is one
 * batch with one labelled token, the digit on the card; it is passed when the model's most likely token there is that digit, by token
 * equality. The needles of a cell show different digits. Immutable; equal on all ranks.
 */
public final class NeedleGrid {

    /**
     * A cell of the grid.
     *
     * @param frames frames of the video
     * @param depth where the needle lies: 0 = first frame, 1 = last
     * @param needleFrame the frame that the card takes
     * @param digits what the cards of the cell's tests show
     */
    public record Cell(int frames, double depth, int needleFrame, List<Integer> digits) {
        public Cell {
            digits = List.copyOf(digits);
        }
    }

    private final String name;
    private final List<Cell> cells;
    private final Haystack haystack;

    private NeedleGrid(String name, List<Cell> cells, Haystack haystack) {
        this.name = name;
        this.cells = List.copyOf(cells);
        this.haystack = haystack;
    }

    public static NeedleGrid of(StageSettings.Needle settings, Haystack haystack, SeedPath seed) {
        List<Cell> cells = new ArrayList<>();
        for (int frames : settings.frames()) {
            for (int i = 0; i < settings.depths(); i++) {
                int steps = Math.max(1, settings.depths() - 1);
                int needleFrame = (int) Math.min(frames - 1L, (long) i * frames / steps);
                List<Integer> digits =
                        drawDigits(settings.needles(), seed.child(frames).child(i));
                cells.add(new Cell(frames, (double) i / steps, needleFrame, digits));
            }
        }
        return new NeedleGrid(settings.name(), cells, haystack);
    }

    /** Stem of the result files. */
    public String name() {
        return name;
    }

    /** Cells in the order in which they are tested: by length, then by depth. */
    public List<Cell> cells() {
        return cells;
    }

    /** Tests of all cells. */
    public int tests() {
        return cells.stream().mapToInt(cell -> cell.digits().size()).sum();
    }

    /** The batch of one test; its single label is the answer. */
    public PackedBatch batch(int cell, int needle) {
        Cell where = cells.get(cell);
        int digit = where.digits().get(needle);
        return haystack.test(where.frames(), new Needle(where.needleFrame(), digit));
    }

    /** Token that a test asks for. */
    public int expected(int cell, int needle) {
        return haystack.answer(cells.get(cell).digits().get(needle));
    }

    /** Whether {@code answer}, the most likely tokens at the labelled positions, passes a test. */
    public boolean isCorrect(int cell, int needle, int[] answer) {
        if (answer.length != 1) {
            throw new IllegalArgumentException("a needle test has one answer token: tokens=" + answer.length);
        }
        return answer[0] == expected(cell, needle);
    }

    /** Different digits, and each as often as any other when there are more needles than digits. */
    public static List<Integer> drawDigits(int needles, SeedPath seed) {
        RandomGenerator random = seed.generator();
        List<Integer> digits = new ArrayList<>();
        while (digits.size() < needles) {
            int[] deck = new int[NeedleCard.DIGITS];
            for (int i = 0; i < deck.length; i++) {
                int other = random.nextInt(i + 1);
                deck[i] = deck[other];
                deck[other] = i;
            }
            for (int i = 0; i < deck.length && digits.size() < needles; i++) {
                digits.add(deck[i]);
            }
        }
        return digits;
    }
}
