package io.longreel.runtime.cli.doctor;

import io.longreel.config.RunConfig;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.LongSupplier;

/** Runs every check for one configuration, in the order in which a run would stumble. One thread. */
public final class Doctor {
    private final Map<String, Callable<Finding>> checks;

    Doctor(Map<String, Callable<Finding>> checks) {
        this.checks = checks;
    }

    /**
     * The checks of this machine.
     *
     * @param config what is going to run, all of it on this machine
     * @param clockNs times the matrix products
     */
    public static Doctor of(RunConfig config, LongSupplier clockNs) {
        MachineChecks machine = new MachineChecks(config);
        LibraryChecks libraries = new LibraryChecks(config, clockNs);
        Map<String, Callable<Finding>> checks = new LinkedHashMap<>();
        checks.put("Java", machine::java);
        checks.put("cores", machine::cores);
        checks.put("memory", machine::memory);
        checks.put("shared memory", machine::sharedMemory);
        checks.put("ports", machine::ports);
        checks.put("run directory", machine::runDirectory);
        checks.put("matrix products", libraries::matrixProducts);
        checks.put("video", libraries::video);
        checks.put("transport", libraries::transport);
        checks.put("GPU", libraries::gpu);
        return new Doctor(checks);
    }

    /** All findings; a check that breaks is a finding itself. */
    public List<Finding> examine() {
        List<Finding> findings = new ArrayList<>();
        checks.forEach((subject, check) -> findings.add(examined(subject, check)));
        return findings;
    }

    private static Finding examined(String subject, Callable<Finding> check) {
        try {
            return check.call();
        } catch (LinkageError e) {
            return Finding.missing(
                    subject,
                    "a native library cannot be loaded: " + oneLine(e),
                    "needs 64-bit Linux on x86 with glibc, and a home or temporary directory from which libraries may be executed");
        } catch (Exception e) {
            return Finding.missing(subject, oneLine(e), "run with --verbose for the cause, and send it to the project");
        }
    }

    private static String oneLine(Throwable thrown) {
        Throwable cause = thrown;
        while (cause instanceof ExceptionInInitializerError && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return String.valueOf(cause.getMessage() == null ? cause : cause.getMessage())
                .lines()
                .findFirst()
                .orElse("");
    }
}
