package io.longreel.runtime.supervisor;

import io.longreel.curriculum.engine.EngineTick;
import io.longreel.runtime.protocol.Control;
import io.longreel.runtime.protocol.NodeReport;
import io.longreel.runtime.protocol.RankReport;
import io.longreel.runtime.protocol.RecordReport;

/** What the core decides on. Time comes with it: the core has no clock. */
public sealed interface Event {
    long atMs();

    record NodeReported(long atMs, NodeReport report) implements Event {}

    record RankReported(long atMs, RankReport report) implements Event {}

    record FilesRecorded(long atMs, RecordReport report) implements Event {}

    record NodeLost(long atMs, String processId, String reason, boolean isFinal) implements Event {}

    record StopAsked(long atMs, String reason) implements Event {}

    /** The answer goes to whoever asked. */
    record ControlAsked(long atMs, Control control) implements Event {}

    record TickAsked(long atMs, EngineTick tick) implements Event {}

    record TimePassed(long atMs) implements Event {}
}
