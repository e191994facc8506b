package io.longreel.model.checkpoint;

import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;
import java.util.HashMap;
import java.util.Map;

/**
 * Means over the rows of tables in files, read once and kept. Added in double from the first row to the last, so that whoever asks gets the same bits.
 * Any thread.
 */
final class TableMeans {
    private static final int CHUNK_ELEMENTS = 1 << 20;

    private final Map<String, float[]> known = new HashMap<>();

    /** The mean row of a table [rows, width]. */
    synchronized float[] of(SafetensorsFile file, String table) {
        return known.computeIfAbsent(table, name -> mean(file, name));
    }

    private static float[] mean(SafetensorsFile file, String table) {
        int[] shape = file.entry(table).shape();
        int width = shape[1];
        double[] sums = new double[width];
        int rowsAtOnce = Math.clamp(CHUNK_ELEMENTS / width, 1, shape[0]);
        try (TensorArena arena = TensorArena.open("table-mean", TensorArena.sizeBytes(DType.F32, rowsAtOnce, width))) {
            Tensor room = arena.allocate(rowsAtOnce * width);
            for (int row = 0; row < shape[0]; row += rowsAtOnce) {
                long elements = (long) Math.min(rowsAtOnce, shape[0] - row) * width;
                Tensor rows = room.elements(0, elements);
                file.readFloats(table, (long) row * width, rows);
                for (long i = 0; i < elements; i++) {
                    sums[(int) (i % width)] += rows.getFloat(i);
                }
            }
        }
        float[] mean = new float[width];
        for (int i = 0; i < width; i++) {
            mean[i] = (float) (sums[i] / shape[0]);
        }
        return mean;
    }
}
