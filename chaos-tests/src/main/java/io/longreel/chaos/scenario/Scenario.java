package io.longreel.chaos.scenario;

import io.longreel.chaos.process.Job;
import io.longreel.config.RuntimeFailure;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * One way to disturb a job.
 *
 * @param name unique, for the command line
 * @param fault row of the matrix, such as {@code kill -9}
 * @param phase column of the matrix: where it strikes
 * @param summary one sentence for people
 * @param training settings that decide what is trained: the undisturbed run has them, too
 * @param settings all others: the faults, and how the run meets them
 * @param launch how the processes are started
 * @param prefix command that starts the job's own process; empty for none
 * @param script what is done from outside, while the run goes on
 * @param checks what has to hold when it is over
 * @param obstacle why this machine cannot do it; empty when it can
 */
public record Scenario(
        String name,
        String fault,
        String phase,
        String summary,
        List<String> training,
        List<String> settings,
        Launch launch,
        List<String> prefix,
        Script script,
        List<Check> checks,
        Supplier<Optional<String>> obstacle) {

    /** Who starts the workers. */
    public enum Launch {
        /** The job's own process forks them. */
        FORKED,
        /** Somebody else does; by then only the seed runs. */
        BY_HAND
    }

    /** What is done to the run from outside; returns when it has been done. */
    @FunctionalInterface
    public interface Script {
        /** Leaves the run alone: all faults are in its configuration. */
        Script NOTHING = job -> {};

        void play(Job job);
    }

    /** What the outcome must satisfy. */
    @FunctionalInterface
    public interface Check {
        /** One sentence for each thing that is not as it must be. */
        List<String> complaints(Evidence evidence);
    }

    public Scenario {
        training = List.copyOf(training);
        settings = List.copyOf(settings);
        prefix = List.copyOf(prefix);
        checks = List.copyOf(checks);
        if (!name.matches("[a-z0-9-]+")) {
            throw RuntimeFailure.config("a scenario's name has small letters, digits and dashes: " + name);
        }
    }

    /** Parts of a scenario, to be completed one after the other. */
    public static Builder of(String name, String fault, String phase, String summary) {
        return new Builder(name, fault, phase, summary);
    }

    /** Collects what a scenario has; not to be used twice. */
    public static final class Builder {
        private final String name;
        private final String fault;
        private final String phase;
        private final String summary;
        private final List<String> training = new ArrayList<>();
        private final List<String> settings = new ArrayList<>();
        private final List<Check> checks = new ArrayList<>();
        private Launch launch = Launch.FORKED;
        private List<String> prefix = List.of();
        private Script script = Script.NOTHING;
        private Supplier<Optional<String>> obstacle = Optional::empty;

        private Builder(String name, String fault, String phase, String summary) {
            this.name = name;
            this.fault = fault;
            this.phase = phase;
            this.summary = summary;
        }

        /** Settings ({@code key=value}) of the undisturbed run, too. */
        public Builder training(String... keysAndValues) {
            training.addAll(List.of(keysAndValues));
            return this;
        }

        /** Settings ({@code key=value}) of the disturbed run alone. */
        public Builder set(String... keysAndValues) {
            settings.addAll(List.of(keysAndValues));
            return this;
        }

        /** The plan of faults, as elements of {@code longreel.chaos.faults}. */
        public Builder faults(String... faults) {
            return set("chaos.faults=[%s]".formatted(String.join(", ", faults)));
        }

        public Builder byHand(Script newScript) {
            launch = Launch.BY_HAND;
            script = newScript;
            return this;
        }

        public Builder script(Script newScript) {
            script = newScript;
            return this;
        }

        /** The job's processes start through this command, which gives them mounts or a network of their own. */
        public Builder inNamespaces(List<String> newPrefix) {
            prefix = newPrefix;
            return this;
        }

        public Builder unless(Supplier<Optional<String>> newObstacle) {
            obstacle = newObstacle;
            return this;
        }

        public Builder check(List<Check> more) {
            checks.addAll(more);
            return this;
        }

        public Builder check(Check... more) {
            checks.addAll(List.of(more));
            return this;
        }

        public Scenario build() {
            return new Scenario(
                    name, fault, phase, summary, training, settings, launch, prefix, script, checks, obstacle);
        }
    }
}
