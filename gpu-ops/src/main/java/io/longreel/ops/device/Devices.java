package io.longreel.ops.device;

import io.longreel.ops.cpu.CpuKernels;
import io.longreel.ops.cpu.CpuThreads;
import io.longreel.ops.kernels.Kernels;
import io.longreel.ops.plain.PlainKernels;

/** The devices that this machine offers. Stateless; any thread. */
public final class Devices {
    private static final Device PLAIN = new HostDevice("plain", PlainKernels.create());
    private static final Device CPU = new Processor(CpuKernels.create());

    private Devices() {}

    /** The processor through the oracles: slow, for comparisons. */
    public static Device plain() {
        return PLAIN;
    }

    /** The processor, fast. */
    public static Device cpu() {
        return CPU;
    }

    private record Processor(Kernels kernels) implements Device {
        @Override
        public String name() {
            return "cpu";
        }

        @Override
        public void bindThread() {
            CpuThreads.use(1);
        }
    }

    private record HostDevice(String name, Kernels kernels) implements Device {}
}
