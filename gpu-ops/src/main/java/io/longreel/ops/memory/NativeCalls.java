package io.longreel.ops.memory;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;

/** What calls of native functions have in common. Stateless; any thread. */
// restricted: native calls are this class's purpose; the JVM flag --enable-native-access allows them.
@SuppressWarnings("restricted")
public final class NativeCalls {
    private NativeCalls() {}

    /** A function of the C library that the JVM itself runs on. */
    public static MethodHandle ofCLibrary(String name, FunctionDescriptor descriptor) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), descriptor);
    }

    /** What to throw when the handle of a native function threw, which it has no reason to. Errors are thrown here. */
    public static RuntimeException unexpected(Throwable e) {
        if (e instanceof RuntimeException runtime) {
            return runtime;
        }
        if (e instanceof Error error) {
            throw error;
        }
        return new IllegalStateException("a native call must not throw", e);
    }
}
