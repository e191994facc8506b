package io.longreel.runtime.cli.doctor;

/**
 * What one check found.
 *
 * @param subject what was looked at
 * @param fact what it is like
 * @param advice what to do; empty when all is well
 */
public record Finding(Grade grade, String subject, String fact, String advice) {

    /** How good a finding is. */
    public enum Grade {
        OK,
        /** The run works, but slower or with less than it could. */
        WARN,
        /** The run cannot work. */
        MISSING
    }

    static Finding ok(String subject, String fact) {
        return new Finding(Grade.OK, subject, fact, "");
    }

    static Finding warn(String subject, String fact, String advice) {
        return new Finding(Grade.WARN, subject, fact, advice);
    }

    static Finding missing(String subject, String fact, String advice) {
        return new Finding(Grade.MISSING, subject, fact, advice);
    }

    /** The finding for a threshold: well when it {@code holds}, otherwise a warning. */
    static Finding wanted(boolean holds, String subject, String fact, String advice) {
        return holds ? ok(subject, fact) : warn(subject, fact, advice);
    }
}
