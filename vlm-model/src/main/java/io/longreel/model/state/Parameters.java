package io.longreel.model.state;

import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Named F32 tensors that lie one after the other in one flat buffer, so that a slice of all weights is a slice of memory. The buffer belongs to
 * the arena that was given; it lives as long as the rank's model.
 */
public final class Parameters {
    private final Tensor flat;
    private final Map<String, Tensor> tensors = new LinkedHashMap<>();
    private final Map<String, Long> offsets = new LinkedHashMap<>();

    private Parameters(List<ParameterSpec> specs, TensorArena arena) {
        long total = specs.stream().mapToLong(s -> Tensor.elements(s.shape())).sum();
        flat = arena.allocate(Math.toIntExact(total));
        long offset = 0;
        for (ParameterSpec spec : specs) {
            long size = Tensor.elements(spec.shape());
            Tensor view = Tensor.of(
                    flat.segment().asSlice(offset * Float.BYTES, size * Float.BYTES), DType.F32, spec.shape());
            if (tensors.put(spec.name(), view) != null) {
                throw new IllegalArgumentException("parameter names must be unique: name=" + spec.name());
            }
            offsets.put(spec.name(), offset);
            offset += size;
        }
    }

    /** Room for all parameters, contents undefined. */
    public static Parameters allocate(List<ParameterSpec> specs, TensorArena arena) {
        return new Parameters(specs, arena);
    }

    /** Bytes that {@link #allocate} takes. */
    public static long sizeBytes(List<ParameterSpec> specs) {
        return TensorArena.sizeBytes(
                DType.F32,
                Math.toIntExact(specs.stream()
                        .mapToLong(s -> Tensor.elements(s.shape()))
                        .sum()));
    }

    public Set<String> names() {
        return tensors.keySet();
    }

    public boolean contains(String name) {
        return tensors.containsKey(name);
    }

    public Tensor tensor(String name) {
        Tensor tensor = tensors.get(name);
        if (tensor == null) {
            throw new IllegalArgumentException("no such parameter: name=" + name);
        }
        return tensor;
    }

    /** Element offset of a parameter in {@link #flat}. */
    public long offset(String name) {
        Long offset = offsets.get(name);
        if (offset == null) {
            throw new IllegalArgumentException("no such parameter: name=" + name);
        }
        return offset;
    }

    /** All elements, [total]. */
    public Tensor flat() {
        return flat;
    }
}
