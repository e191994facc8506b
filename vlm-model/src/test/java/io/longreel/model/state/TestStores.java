package io.longreel.model.state;

import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Small stores of weights for tests. */
public final class TestStores {
    private TestStores() {}

    /** One unit, called {@code unit}, of these shapes in the map's order. */
    public static Unit unit(Map<String, int[]> shapes) {
        return Unit.of(
                "unit",
                shapes.entrySet().stream()
                        .map(e -> new ParameterSpec(e.getKey(), e.getValue()))
                        .toList());
    }

    /** Whole F32 weights of one unit, all zero, on rank {@code rank} of {@code ranks}. */
    public static WeightStore whole(Map<String, int[]> shapes, int rank, int ranks, TensorArena arena) {
        WeightStore store = WeightStore.allocate(List.of(unit(shapes)), WeightStore.Form.WHOLE, rank, ranks, arena);
        store.names().forEach(name -> store.tensor(name).zero());
        return store;
    }

    /** Whole F32 weights with the values of {@code tensors}. */
    public static WeightStore copyOf(Map<String, Tensor> tensors, int rank, int ranks, TensorArena arena) {
        Map<String, int[]> shapes = new LinkedHashMap<>();
        tensors.forEach((name, tensor) -> shapes.put(name, tensor.shape()));
        WeightStore store = whole(shapes, rank, ranks, arena);
        tensors.forEach((name, tensor) -> store.tensor(name).copyFrom(tensor));
        return store;
    }
}
