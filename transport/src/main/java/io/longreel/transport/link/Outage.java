package io.longreel.transport.link;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Why the data transport of this process is lost, once it is; it stays so. The first reason counts. Any thread. */
final class Outage {
    private @Nullable String reason;
    private @Nullable Consumer<String> listener;

    void report(String why) {
        Consumer<String> told;
        synchronized (this) {
            if (reason != null) {
                return;
            }
            reason = "data transport of this process is lost: " + why;
            told = listener;
        }
        tell(told);
    }

    synchronized @Nullable String reason() {
        return reason;
    }

    /** @param told once, by the thread that reports, or by this one when that was before */
    void whenReported(Consumer<String> told) {
        synchronized (this) {
            listener = told;
            if (reason == null) {
                return;
            }
        }
        tell(told);
    }

    private void tell(@Nullable Consumer<String> told) {
        String why = reason();
        if (told != null && why != null) {
            told.accept(why);
        }
    }
}
