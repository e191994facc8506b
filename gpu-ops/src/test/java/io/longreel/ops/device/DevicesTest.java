package io.longreel.ops.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.longreel.ops.cpu.CpuKernels;
import io.longreel.ops.plain.PlainKernels;
import org.junit.jupiter.api.Test;

class DevicesTest {
    @Test
    void shouldShareOneSetOfKernelsWhenADeviceIsAskedTwice() {
        assertSame(Devices.cpu().kernels(), Devices.cpu().kernels());
        assertInstanceOf(CpuKernels.class, Devices.cpu().kernels());
        assertInstanceOf(PlainKernels.class, Devices.plain().kernels());
        assertEquals("cpu", Devices.cpu().name());
        assertEquals("plain", Devices.plain().name());
    }
}
