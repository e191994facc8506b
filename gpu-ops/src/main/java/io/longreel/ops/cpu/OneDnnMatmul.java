package io.longreel.ops.cpu;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.longreel.ops.memory.NativeCalls;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.ref.Cleaner;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * oneDNN's matmul primitive on BF16 operands with sums in F32. A primitive is made for each shape, at about a millisecond, and kept by the thread that made
 * it; the {@value #KEPT_MOST} used last stay. They share one scratchpad per thread, as large as the largest has asked for. What a thread keeps is freed when the
 * thread is gone. Any thread.
 */
// restricted: native calls are this class's purpose; the JVM flag --enable-native-access allows them.
@SuppressWarnings("restricted")
final class OneDnnMatmul {
    private static final int KEPT_MOST = 256;

    // Values of dnnl_types.h and dnnl_common_types.h.
    private static final int UNIMPLEMENTED = 3;
    private static final int CPU = 1;
    private static final int DEFAULT_STREAM = 1;
    private static final int BF16 = 2;
    private static final int F32 = 3;
    private static final int TYPE_OF_C = 0;
    private static final int SCRATCHPAD_OF_USER = 1;
    private static final int IMPLEMENTATION = 8;
    private static final int SCRATCHPAD_LAYOUT = 136;
    private static final int[] ARGUMENTS = {1, 33, 17, 80}; // DNNL_ARG_SRC, _WEIGHTS, _DST, _SCRATCHPAD

    /** {@code dnnl_exec_arg_t}: a number, padding, a memory object. */
    private static final long ARGUMENT_BYTES = 16;

    private static final long ARGUMENT_MEMORY = 8;
    private static final int DIMS = 2;
    private static final long NAME_BYTES = 256;
    private static final long ALIGNMENT = 64;

    private static final MethodHandle ENGINE_CREATE =
            OneDnn.downcall("dnnl_engine_create", ADDRESS, JAVA_INT, JAVA_LONG);
    private static final MethodHandle STREAM_CREATE = OneDnn.downcall("dnnl_stream_create", ADDRESS, ADDRESS, JAVA_INT);
    private static final MethodHandle STREAM_WAIT = OneDnn.downcall("dnnl_stream_wait", ADDRESS);
    private static final MethodHandle STREAM_DESTROY = OneDnn.downcall("dnnl_stream_destroy", ADDRESS);
    private static final MethodHandle LAYOUT_CREATE =
            OneDnn.downcall("dnnl_memory_desc_create_with_strides", ADDRESS, JAVA_INT, ADDRESS, JAVA_INT, ADDRESS);
    private static final MethodHandle LAYOUT_SIZE =
            OneDnn.downcall("dnnl_memory_desc_get_size", FunctionDescriptor.of(JAVA_LONG, ADDRESS));
    private static final MethodHandle LAYOUT_DESTROY = OneDnn.downcall("dnnl_memory_desc_destroy", ADDRESS);
    private static final MethodHandle ATTRIBUTES_CREATE = OneDnn.downcall("dnnl_primitive_attr_create", ADDRESS);
    private static final MethodHandle ATTRIBUTES_DESTROY = OneDnn.downcall("dnnl_primitive_attr_destroy", ADDRESS);
    private static final MethodHandle ATTRIBUTES_SET_SCRATCHPAD =
            OneDnn.downcall("dnnl_primitive_attr_set_scratchpad_mode", ADDRESS, JAVA_INT);
    private static final MethodHandle ATTRIBUTES_SET_POST_OPS =
            OneDnn.downcall("dnnl_primitive_attr_set_post_ops", ADDRESS, ADDRESS);
    private static final MethodHandle POST_OPS_CREATE = OneDnn.downcall("dnnl_post_ops_create", ADDRESS);
    private static final MethodHandle POST_OPS_APPEND_SUM =
            OneDnn.downcall("dnnl_post_ops_append_sum", ADDRESS, JAVA_FLOAT, JAVA_INT, JAVA_INT);
    private static final MethodHandle POST_OPS_DESTROY = OneDnn.downcall("dnnl_post_ops_destroy", ADDRESS);
    private static final MethodHandle MATMUL_CREATE = OneDnn.downcall(
            "dnnl_matmul_primitive_desc_create", ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS);
    private static final MethodHandle DESCRIPTION_QUERY =
            OneDnn.downcall("dnnl_primitive_desc_query", ADDRESS, JAVA_INT, JAVA_INT, ADDRESS);
    private static final MethodHandle DESCRIPTION_QUERY_LAYOUT = OneDnn.downcall(
            "dnnl_primitive_desc_query_md", FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_INT, JAVA_INT));
    private static final MethodHandle DESCRIPTION_DESTROY = OneDnn.downcall("dnnl_primitive_desc_destroy", ADDRESS);
    private static final MethodHandle PRIMITIVE_CREATE = OneDnn.downcall("dnnl_primitive_create", ADDRESS, ADDRESS);
    private static final MethodHandle PRIMITIVE_EXECUTE =
            OneDnn.downcall("dnnl_primitive_execute", ADDRESS, ADDRESS, JAVA_INT, ADDRESS);
    private static final MethodHandle PRIMITIVE_DESTROY = OneDnn.downcall("dnnl_primitive_destroy", ADDRESS);
    private static final MethodHandle MEMORY_CREATE =
            OneDnn.downcall("dnnl_memory_create", ADDRESS, ADDRESS, ADDRESS, ADDRESS);
    private static final MethodHandle MEMORY_SET = OneDnn.downcall("dnnl_memory_set_data_handle", ADDRESS, ADDRESS);
    private static final MethodHandle MEMORY_DESTROY = OneDnn.downcall("dnnl_memory_destroy", ADDRESS);

    private static final MemorySegment ENGINE = created(out -> (int) ENGINE_CREATE.invokeExact(out, CPU, 0L));
    private static final Cleaner CLEANER = Cleaner.create();
    private static final ThreadLocal<Kept> KEPT = ThreadLocal.withInitial(Kept::new);

    private OneDnnMatmul() {}

    /** What a primitive is made for: {@code C = op(A) op(B) + beta C}, row-major; {@code op(A)} is m x k, {@code op(B)} k x n. */
    record Shape(boolean transposeA, boolean transposeB, int m, int n, int k, float beta) {}

    /**
     * Multiplies BF16 matrices without gaps into an F32 one. No size may be 0.
     *
     * @return false when oneDNN has nothing for this on this processor, or nothing but its reference code; then nothing has been done
     */
    static boolean multiply(Shape shape, MemorySegment a, MemorySegment b, MemorySegment c) {
        require(shape, a, b, c);
        return KEPT.get().products.run(shape, a, b, c);
    }

    /** Throws unless the matrices have the sizes that the shape says. */
    static void require(Shape shape, MemorySegment a, MemorySegment b, MemorySegment c) {
        require(a, (long) shape.m * shape.k * Short.BYTES);
        require(b, (long) shape.k * shape.n * Short.BYTES);
        require(c, (long) shape.m * shape.n * Float.BYTES);
    }

    private static void require(MemorySegment matrix, long bytes) {
        if (matrix.byteSize() != bytes) {
            throw new IllegalArgumentException(
                    "a matrix must fill its memory: bytes=%d needed=%d".formatted(matrix.byteSize(), bytes));
        }
    }

    /** Belongs to a thread; what it leads to is destroyed once it is unreachable. */
    private static final class Kept {
        final Products products = new Products();

        Kept() {
            CLEANER.register(this, products::destroy);
        }
    }

    /** The primitives of a thread, those used longest ago first to go. */
    private static final class Products {
        /** A shape, for a number of threads. */
        private record Key(Shape shape, int threads) {}

        private final MemorySegment stream =
                created(out -> (int) STREAM_CREATE.invokeExact(out, ENGINE, DEFAULT_STREAM));
        private final Map<Key, Optional<Product>> byShape = new LinkedHashMap<>(KEPT_MOST, 0.75f, true);
        private MemorySegment scratchpad = MemorySegment.NULL;

        boolean run(Shape shape, MemorySegment a, MemorySegment b, MemorySegment c) {
            Optional<Product> product = product(new Key(shape, OneDnn.threads()));
            product.ifPresent(made -> {
                if (made.scratchpadBytes > scratchpad.byteSize()) {
                    scratchpad = Arena.ofAuto().allocate(made.scratchpadBytes, ALIGNMENT);
                }
                made.run(stream, a, b, c, scratchpad);
            });
            return product.isPresent();
        }

        private Optional<Product> product(Key key) {
            Optional<Product> known = byShape.get(key);
            if (known == null) {
                if (byShape.size() == KEPT_MOST) {
                    Key oldest = byShape.keySet().iterator().next();
                    byShape.remove(oldest).ifPresent(Product::destroy);
                }
                known = make(key.shape);
                byShape.put(key, known);
            }
            return known;
        }

        void destroy() {
            byShape.values().forEach(product -> product.ifPresent(Product::destroy));
            check(call(() -> (int) STREAM_DESTROY.invokeExact(stream)));
        }
    }

    private static Optional<Product> make(Shape shape) {
        MemorySegment a = layout(BF16, shape.m, shape.k, shape.transposeA);
        MemorySegment b = layout(BF16, shape.k, shape.n, shape.transposeB);
        MemorySegment c = layout(F32, shape.m, shape.n, false);
        MemorySegment attributes = attributes(shape.beta);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(ADDRESS);
            int status =
                    call(() -> (int) MATMUL_CREATE.invokeExact(out, ENGINE, a, b, MemorySegment.NULL, c, attributes));
            if (status == UNIMPLEMENTED) {
                return Optional.empty();
            }
            check(status);
            MemorySegment description = out.get(ADDRESS, 0);
            try {
                return implementation(description).startsWith("ref")
                        ? Optional.empty()
                        : Optional.of(new Product(description, a, b, c));
            } finally {
                check(call(() -> (int) DESCRIPTION_DESTROY.invokeExact(description)));
            }
        } finally {
            for (MemorySegment layout : new MemorySegment[] {a, b, c}) {
                check(call(() -> (int) LAYOUT_DESTROY.invokeExact(layout)));
            }
            check(call(() -> (int) ATTRIBUTES_DESTROY.invokeExact(attributes)));
        }
    }

    /** A primitive and the memory objects that it is run on. */
    private static final class Product {
        final long scratchpadBytes;
        private final MemorySegment primitive;
        private final MemorySegment[] memories = new MemorySegment[ARGUMENTS.length];
        private final MemorySegment arguments = Arena.ofAuto().allocate(ARGUMENTS.length * ARGUMENT_BYTES, Long.BYTES);

        Product(MemorySegment description, MemorySegment a, MemorySegment b, MemorySegment c) {
            primitive = created(out -> (int) PRIMITIVE_CREATE.invokeExact(out, description));
            MemorySegment scratchpad = scratchpad(description);
            scratchpadBytes = sizeBytes(scratchpad);
            MemorySegment[] layouts = {a, b, c, scratchpad};
            for (int i = 0; i < ARGUMENTS.length; i++) {
                MemorySegment layout = layouts[i];
                memories[i] = created(out -> (int) MEMORY_CREATE.invokeExact(out, layout, ENGINE, MemorySegment.NULL));
                arguments.set(JAVA_INT, i * ARGUMENT_BYTES, ARGUMENTS[i]);
                arguments.set(ADDRESS, i * ARGUMENT_BYTES + ARGUMENT_MEMORY, memories[i]);
            }
        }

        void run(MemorySegment stream, MemorySegment... places) {
            for (int i = 0; i < places.length; i++) {
                MemorySegment memory = memories[i];
                MemorySegment place = places[i];
                check(call(() -> (int) MEMORY_SET.invokeExact(memory, place)));
            }
            check(call(() -> (int) PRIMITIVE_EXECUTE.invokeExact(primitive, stream, ARGUMENTS.length, arguments)));
            check(call(() -> (int) STREAM_WAIT.invokeExact(stream)));
        }

        void destroy() {
            for (MemorySegment memory : memories) {
                check(call(() -> (int) MEMORY_DESTROY.invokeExact(memory)));
            }
            check(call(() -> (int) PRIMITIVE_DESTROY.invokeExact(primitive)));
        }
    }

    /** A matrix of which {@code op} is rows x columns, as it lies in memory. */
    private static MemorySegment layout(int type, long rows, long columns, boolean transposed) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment dims = arena.allocateFrom(JAVA_LONG, rows, columns);
            MemorySegment strides =
                    transposed ? arena.allocateFrom(JAVA_LONG, 1, rows) : arena.allocateFrom(JAVA_LONG, columns, 1);
            return created(out -> (int) LAYOUT_CREATE.invokeExact(out, DIMS, dims, type, strides));
        }
    }

    private static MemorySegment attributes(float beta) {
        MemorySegment attributes = created(out -> (int) ATTRIBUTES_CREATE.invokeExact(out));
        check(call(() -> (int) ATTRIBUTES_SET_SCRATCHPAD.invokeExact(attributes, SCRATCHPAD_OF_USER)));
        if (beta != 0f) {
            MemorySegment adding = created(out -> (int) POST_OPS_CREATE.invokeExact(out));
            check(call(() -> (int) POST_OPS_APPEND_SUM.invokeExact(adding, beta, 0, TYPE_OF_C)));
            check(call(() -> (int) ATTRIBUTES_SET_POST_OPS.invokeExact(attributes, adding)));
            check(call(() -> (int) POST_OPS_DESTROY.invokeExact(adding)));
        }
        return attributes;
    }

    /** Name of the code that oneDNN has chosen. */
    private static String implementation(MemorySegment description) {
        MemorySegment name = created(out -> (int) DESCRIPTION_QUERY.invokeExact(description, IMPLEMENTATION, 0, out));
        return name.reinterpret(NAME_BYTES).getString(0);
    }

    /** Layout of the scratchpad, which belongs to the description. */
    private static MemorySegment scratchpad(MemorySegment description) {
        return call(() -> (MemorySegment) DESCRIPTION_QUERY_LAYOUT.invokeExact(description, SCRATCHPAD_LAYOUT, 0));
    }

    private static long sizeBytes(MemorySegment layout) {
        return call(() -> (long) LAYOUT_SIZE.invokeExact(layout));
    }

    /** A native call. */
    @FunctionalInterface
    private interface Call<T> {
        T run() throws Throwable;
    }

    /** A native call that writes a pointer and gives a status. */
    @FunctionalInterface
    private interface Creation {
        int run(MemorySegment out) throws Throwable;
    }

    private static MemorySegment created(Creation creation) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(ADDRESS);
            check(call(() -> creation.run(out)));
            return out.get(ADDRESS, 0);
        }
    }

    private static <T> T call(Call<T> call) {
        try {
            return call.run();
        } catch (Throwable e) {
            throw NativeCalls.unexpected(e);
        }
    }

    private static void check(int status) {
        if (status != OneDnn.SUCCESS) {
            throw new IllegalStateException("oneDNN must accept the matmul: status=" + status);
        }
    }
}
