package io.longreel.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.ops.device.Devices;
import io.longreel.ops.memory.TensorArena;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class WarmUpTest {
    @Test
    void shouldGiveWayBetweenTwoStepsAndLeaveNothingBehind() {
        long arenas = TensorArena.liveArenas();
        AtomicInteger asked = new AtomicInteger();
        assertEquals(3, WarmUp.run(Devices.cpu(), () -> asked.incrementAndGet() > 3));
        assertEquals(0, WarmUp.run(Devices.cpu(), () -> true));
        assertEquals(arenas, TensorArena.liveArenas());
    }

    @Test
    void shouldGiveWayBetweenTwoCallsOfAKernel() {
        AtomicInteger asked = new AtomicInteger();
        KernelWarmUp.run(Devices.cpu().kernels(), () -> asked.incrementAndGet() > 7);
        AtomicInteger toTheEnd = new AtomicInteger();
        KernelWarmUp.run(Devices.cpu().kernels(), () -> toTheEnd.incrementAndGet() < 0);
        assertTrue(asked.get() < toTheEnd.get() / 10, () -> asked + " of " + toTheEnd);
    }
}
