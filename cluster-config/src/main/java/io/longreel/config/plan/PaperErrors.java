package io.longreel.config.plan;

import io.longreel.config.plan.PaperModel.Prediction;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * How far predictions of a column are off, over cells from {@link #FROM_K} on in which both have seconds.
 *
 * @param median of the sizes of the errors, as a share; {@code worst} the largest
 * @param memorySteps rows between the first length that is out of memory in the paper and the first in the prediction; a column without has its first one behind the last row
 */
public record PaperErrors(int table, String column, int cells, double median, double worst, int memorySteps) {
    /** Shorter sequences are dominated by what no formula of lengths knows. */
    public static final long FROM_K = 64;

    /** Of each column, in order. */
    public static List<PaperErrors> byColumn(List<Prediction> predictions) {
        Map<String, List<Prediction>> columns = new LinkedHashMap<>();
        for (Prediction prediction : predictions) {
            columns.computeIfAbsent(prediction.table() + prediction.column(), key -> new ArrayList<>())
                    .add(prediction);
        }
        return columns.values().stream().map(PaperErrors::of).toList();
    }

    /** Of the 2D, Ulysses and ring columns together that have their weights cut by FSDP. */
    public static PaperErrors overall(Collection<Prediction> predictions) {
        return of(predictions.stream()
                .filter(p -> List.of("2d", "ulysses", "ring").contains(p.column()))
                .toList());
    }

    private static PaperErrors of(List<Prediction> column) {
        double[] errors = column.stream()
                .filter(p -> p.tokensK() >= FROM_K && p.error().isPresent())
                .mapToDouble(p -> Math.abs(p.error().getAsDouble()))
                .sorted()
                .toArray();
        int n = errors.length;
        double median = n == 0 ? 0 : (errors[(n - 1) / 2] + errors[n / 2]) / 2;
        return new PaperErrors(
                column.getFirst().table(),
                column.getFirst().column(),
                n,
                median,
                Arrays.stream(errors).max().orElse(0),
                Math.abs(fitting(column, p -> p.paperSeconds().isPresent() ? 1 : 0)
                        - fitting(column, p -> p.predictedSeconds().isPresent() ? 1 : 0)));
    }

    private static int fitting(List<Prediction> column, ToDoubleFunction<Prediction> fits) {
        return (int) column.stream().mapToDouble(fits).sum();
    }
}
