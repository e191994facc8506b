package io.longreel.runtime.trace;

import io.longreel.ops.device.Device;
import io.longreel.ops.kernels.AttentionKernels;
import io.longreel.ops.kernels.ElementwiseKernels;
import io.longreel.ops.kernels.Kernels;
import io.longreel.ops.kernels.LinearKernels;
import io.longreel.ops.kernels.LossKernels;
import io.longreel.ops.kernels.NormKernels;
import io.longreel.ops.kernels.OptimizerKernels;
import io.longreel.ops.kernels.RowKernels;
import io.longreel.ops.tensor.Tensor;
import io.longreel.runtime.trace.TraceLog.Kind;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A device whose kernels are on the timeline: each call from outside, named by family and method, with the shapes of its tensors. With exact sums the
 * session computes on the oracles instead, and nothing of it is seen here.
 */
record TracedDevice(Device real, StepTrace trace) implements Device {
    @Override
    public String name() {
        return real.name();
    }

    @Override
    public Kernels kernels() {
        Kernels kernels = real.kernels();
        return new TracedKernels(
                traced(LinearKernels.class, kernels.linear(), "linear"),
                traced(NormKernels.class, kernels.norm(), "norm"),
                traced(ElementwiseKernels.class, kernels.elementwise(), "elementwise"),
                traced(RowKernels.class, kernels.rows(), "rows"),
                traced(AttentionKernels.class, kernels.attention(), "attention"),
                traced(LossKernels.class, kernels.loss(), "loss"),
                traced(OptimizerKernels.class, kernels.optimizer(), "optimizer"));
    }

    @Override
    public void bindThread() {
        real.bindThread();
    }

    private record TracedKernels(
            LinearKernels linear,
            NormKernels norm,
            ElementwiseKernels elementwise,
            RowKernels rows,
            AttentionKernels attention,
            LossKernels loss,
            OptimizerKernels optimizer)
            implements Kernels {}

    private <T> T traced(Class<T> family, T kernels, String word) {
        Object proxy = Proxy.newProxyInstance(
                family.getClassLoader(),
                new Class<?>[] {family},
                (self, method, arguments) -> invoke(kernels, method, arguments, word));
        return family.cast(proxy);
    }

    private @Nullable Object invoke(Object kernels, Method method, Object @Nullable [] arguments, String family)
            throws Throwable {
        long startNs = trace.begin();
        try {
            return method.invoke(kernels, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        } finally {
            if (trace.isRecording()) {
                trace.end(Kind.COMPUTE, family + "." + method.getName(), () -> shapes(arguments), startNs);
            }
        }
    }

    private static String shapes(Object @Nullable [] arguments) {
        return arguments == null
                ? ""
                : Arrays.stream(arguments)
                        .filter(Tensor.class::isInstance)
                        .map(tensor -> Arrays.toString(((Tensor) tensor).shape()))
                        .collect(Collectors.joining(" "));
    }
}
