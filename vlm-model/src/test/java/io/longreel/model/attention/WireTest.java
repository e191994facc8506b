package io.longreel.model.attention;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.model.state.Workspace;
import io.longreel.ops.device.Devices;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The two forms in which activations travel, and the layout of keys and values in one message. */
class WireTest {
    /** Exact in bfloat16, and not: 1 + 2^-8 is half way and goes to the even 1. */
    private static final float[] VALUES = {3f, 1 + 1f / 256, -2.5f, 1.0001f};

    private static final float[] ROUNDED = {3f, 1f, -2.5f, 1f};

    private final TensorArena arena = TensorArena.open("step", 1 << 16);
    private final TensorArena scratch = TensorArena.open("scratch", 1 << 16);
    private final Workspace ws = new Workspace(Devices.cpu().kernels(), arena, scratch);
    private final Wire wide = new Wire(ws, DType.F32);
    private final Wire narrow = new Wire(ws, DType.BF16);

    @AfterEach
    void close() {
        arena.close();
        scratch.close();
    }

    private Tensor values() {
        Tensor tensor = arena.allocate(2, 2);
        tensor.copyFrom(VALUES);
        return tensor;
    }

    @Test
    void shouldSendF32AsItIs() {
        Tensor values = values();
        wide.round(values);
        assertArrayEquals(VALUES, values.toFloats());
        assertSame(values, wide.pack(values));
        assertSame(values, wide.arrival(values));
        assertSame(values, wide.wide(values));
        wide.unpack(values, values);
        Tensor copy = arena.allocate(4);
        wide.pack(values, copy);
        assertArrayEquals(VALUES, copy.toFloats());
        assertEquals(0, scratch.usedBytes());
        assertEquals(DType.F32, wide.buffer(5).dtype());
        assertEquals(DType.F32, wide.type());
        assertFalse(wide.isNarrow());
    }

    @Test
    void shouldRoundInPlaceAndLeaveScratchAsItWas() {
        Tensor values = values();
        narrow.round(values);
        assertArrayEquals(ROUNDED, values.toFloats());
        assertEquals(0, scratch.usedBytes());
    }

    @Test
    void shouldHalveTheBytesWhenNarrow() {
        Tensor values = values();
        Tensor packed = narrow.pack(values);
        assertEquals(8, packed.sizeBytes());
        Tensor arrival = narrow.arrival(values);
        assertNotSame(values, arrival);
        arrival.copyFrom(packed);
        Tensor landed = arena.allocate(2, 2);
        narrow.unpack(arrival, landed);
        assertArrayEquals(ROUNDED, landed.toFloats());
        assertArrayEquals(ROUNDED, narrow.wide(packed).toFloats());
        Tensor flat = narrow.buffer(4);
        assertEquals(DType.BF16, flat.dtype());
        narrow.pack(values, flat);
        assertArrayEquals(ROUNDED, narrow.wide(flat).toFloats());
        assertArrayEquals(VALUES, values.toFloats());
        assertEquals(DType.BF16, narrow.type());
        assertTrue(narrow.isNarrow());
    }

    @Test
    void shouldRefuseOtherTypes() {
        assertThrows(IllegalArgumentException.class, () -> new Wire(ws, DType.F16));
    }

    @Test
    void shouldLayKeysBeforeValues() {
        HeadDims dims = new HeadDims(3, 2);
        assertEquals(4 * 2 * 5, KeyValues.elements(4, 2, dims));
        KeyValues kv = KeyValues.allocate(arena, 4, 2, dims);
        for (int i = 0; i < 40; i++) {
            kv.flat().setFloat(i, i);
        }
        assertEquals("F32[4, 2, 3]", kv.k().toString());
        assertEquals("F32[4, 2, 2]", kv.v().toString());
        assertEquals(0, kv.k().getFloat(0));
        assertEquals(24, kv.v().getFloat(0));
        assertEquals(4, kv.rows());
        KeyValues fewer = KeyValues.of(kv.flat(), 3, 2, dims);
        assertEquals(30, fewer.flat().elements());
        assertEquals(18, fewer.v().getFloat(0));
        assertThrows(ArithmeticException.class, () -> KeyValues.elements(1 << 20, 1 << 10, dims));
        assertThrows(ArithmeticException.class, () -> KeyValues.elements(1 << 20, 1 << 12, dims));
    }

    @Test
    void shouldRefuseHeadsWithoutAWidth() {
        assertThrows(IllegalArgumentException.class, () -> new HeadDims(0, 1));
        assertThrows(IllegalArgumentException.class, () -> new HeadDims(1, 0));
        assertEquals(new HeadDims(1, 1), HeadDims.of(1));
    }
}
