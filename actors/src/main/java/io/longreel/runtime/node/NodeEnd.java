package io.longreel.runtime.node;

/** How a node ended: exit code of its process and one line that says why. */
public record NodeEnd(int exitCode, String reason) {}
