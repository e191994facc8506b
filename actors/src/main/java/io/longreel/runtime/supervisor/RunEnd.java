package io.longreel.runtime.supervisor;

/** How a run ended: exit code and one line. */
public record RunEnd(int exitCode, String message) {}
