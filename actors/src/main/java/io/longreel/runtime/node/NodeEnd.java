package io.longreel.runtime.node;

/** How a node ended: exit code of its process and one line that says why. */
public record NodeEnd(int exitCode, String reason) {
    /** Exit code of a process that can host no rank any more, where another one could. */
    public static final int UNUSABLE = 3;
}
