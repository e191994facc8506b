package io.longreel.runtime.launch;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.longreel.config.RuntimeFailure;
import io.longreel.config.StageSettings;
import io.longreel.curriculum.eval.StepMetrics;
import io.longreel.runtime.dashboard.Rate;
import io.longreel.runtime.dashboard.RunProgress;
import io.longreel.runtime.dashboard.Workload;
import io.longreel.runtime.journal.JournalEntry;
import io.longreel.runtime.rank.TrainingWorkFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** A run's status for people and for programs. A number that is not known is left out. */
public record StatusText(RunStatus status) {
    private static final long PACE_WINDOW_MS = 60_000;

    /** For people. */
    public List<String> lines() {
        List<String> lines = new ArrayList<>();
        lines.add("run %s in %s".formatted(status.config().name(), status.root()));
        lines.add("state: " + state());
        lines.add(status.lastStep().map(this::stepLine).orElse("no step is committed"));
        status.lastStep().ifPresent(step -> lines.add(speedLine(step)));
        if (!status.account().wall().isZero()) {
            lines.add(timeLine());
        }
        lines.add(faultLine());
        status.placed().ifPresent(placed -> lines.addAll(meshLines(placed)));
        lines.add(status.checkpoint()
                .map(newest -> "checkpoint: %s".formatted(newest.checkpoint()))
                .orElse("checkpoint: none"));
        status.evaluations()
                .forEach(result -> lines.add(String.format(
                        Locale.ROOT,
                        "%s: accuracy %.3f (%d of %d)",
                        result.name(),
                        accuracy(result),
                        result.correct(),
                        result.total())));
        return lines;
    }

    private String state() {
        String goOn = "; go on with bin/longreel resume " + status.root();
        String reason = status.end().map(JournalEntry.RunEnded::reason).orElse("");
        return switch (status.state()) {
            case RUNNING -> "running";
            case FINISHED -> reason;
            case STOPPED -> reason + (reason.contains("resume") ? "" : goOn);
            case FAILED -> "failed: " + reason;
            case KILLED -> "killed" + goOn;
        };
    }

    private String stepLine(StepMetrics step) {
        return String.format(
                Locale.ROOT,
                "stage %d/%d %s, step %d of %d (%d of %d of the run), loss %.4f, gradient norm %.3f",
                step.stageIndex() + 1,
                status.config().stages().size(),
                step.stage(),
                step.step() + 1,
                status.config().stages().get(step.stageIndex()).steps(),
                step.globalStep() + 1,
                status.totalSteps(),
                step.loss(),
                step.gradientNorm());
    }

    private String speedLine(StepMetrics step) {
        StringBuilder line = new StringBuilder();
        status.tokensPerSecond().ifPresent(rate -> line.append("%s tokens/s, ".formatted(RunProgress.count(rate))));
        line.append(String.format(Locale.ROOT, "ranks waited %.0f %% for each other", 100 * step.waitedShare()));
        leftMs().ifPresent(left -> line.append(", about %s left".formatted(RunProgress.duration(left))));
        return line.toString();
    }

    private String timeLine() {
        StringBuilder line = new StringBuilder("time: ")
                .append(RunProgress.duration(status.account().wall().toMillis()))
                .append(" since the start");
        status.account()
                .goodput()
                .ifPresent(goodput -> line.append(String.format(
                        Locale.ROOT,
                        ", goodput %.1f %% (%s of %s training went into recoveries)",
                        100 * goodput,
                        RunProgress.duration(status.account().lost().toMillis()),
                        RunProgress.duration(status.account().trained().toMillis()))));
        return line.toString();
    }

    private String faultLine() {
        Map<String, Integer> counts = status.account().counts();
        return "faults: "
                + (counts.isEmpty()
                        ? "none"
                        : counts.entrySet().stream()
                                .map(kind -> kind.getKey() + " " + kind.getValue())
                                .collect(Collectors.joining(", ")));
    }

    private List<String> meshLines(JournalEntry.Placed placed) {
        List<String> lines = new ArrayList<>();
        lines.add("mesh %s: %d ranks, generation %d"
                .formatted(
                        placed.mesh() == null ? status.config().mesh() : placed.mesh(),
                        placed.nodeIds().size(),
                        placed.generation()));
        ranksByNode(placed)
                .forEach((node, ranks) -> lines.add("  %s: %s %s"
                        .formatted(
                                node,
                                ranks.size() == 1 ? "rank" : "ranks",
                                ranks.stream().map(String::valueOf).collect(Collectors.joining(" ")))));
        return lines;
    }

    private static SortedMap<String, List<Integer>> ranksByNode(JournalEntry.Placed placed) {
        SortedMap<String, List<Integer>> ranks = new TreeMap<>();
        for (int rank = 0; rank < placed.nodeIds().size(); rank++) {
            ranks.computeIfAbsent(placed.nodeIds().get(rank), node -> new ArrayList<>())
                    .add(rank);
        }
        return ranks;
    }

    private static double accuracy(JournalEntry.EvaluationFinished result) {
        return (double) result.correct() / Math.max(1, result.total());
    }

    /** By the pace of the last minute of steps; empty when the run is not alive, or nothing is known of its pace. */
    private OptionalLong leftMs() {
        if (status.state() != RunStatus.State.RUNNING || status.steps().size() < 2) {
            return OptionalLong.empty();
        }
        Workload workload;
        try {
            workload = Workload.of(
                    status.config(),
                    TrainingWorkFactory.modelOf(status.config()).tokensPerFrame());
        } catch (RuntimeFailure e) { // the model is not on this machine
            return OptionalLong.empty();
        }
        Rate rate = new Rate(PACE_WINDOW_MS);
        double done = 0;
        for (StepMetrics step : status.steps()) {
            done = workload.before(step.stageIndex(), step.step() + 1, 0);
            rate.reach(step.timestamp().toEpochMilli(), done);
        }
        double perSecond = rate.perSecond();
        long sinceMs = status.account()
                .last()
                .map(now -> Duration.between(status.steps().getLast().timestamp(), now)
                        .toMillis())
                .orElse(0L);
        return perSecond <= 0
                ? OptionalLong.empty()
                : OptionalLong.of(Math.max(0, (long) ((workload.total() - done) / perSecond * 1e3) - sinceMs));
    }

    /** For programs: one object, whose members are in the documentation. */
    public ObjectNode json() {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("run", status.config().name());
        json.put("directory", status.root().toString());
        json.put("state", status.state().name().toLowerCase(Locale.ROOT));
        status.end().ifPresent(end -> json.put("reason", end.reason()));
        json.put("steps", status.totalSteps());
        json.put(
                "committedSteps",
                status.lastStep().map(step -> step.globalStep() + 1).orElse(0));
        status.lastStep().ifPresent(step -> stage(json, step));
        status.tokensPerSecond().ifPresent(rate -> json.put("tokensPerSecond", rate));
        leftMs().ifPresent(left -> json.put("leftSeconds", left / 1e3));
        json.put("seconds", status.account().wall().toMillis() / 1e3);
        status.account().goodput().ifPresent(goodput -> json.put("goodput", goodput));
        ObjectNode faults = json.putObject("faults");
        status.account().counts().forEach(faults::put);
        status.placed().ifPresent(placed -> {
            json.put("mesh", placed.mesh() == null ? status.config().mesh().toString() : placed.mesh());
            json.put("generation", placed.generation());
            ObjectNode nodes = json.putObject("nodes");
            ranksByNode(placed).forEach((node, ranks) -> ranks.forEach(nodes.withArray(node)::add));
        });
        status.checkpoint().ifPresent(newest -> json.put("checkpoint", newest.checkpoint()));
        ObjectNode evaluations = json.putObject("evaluations");
        status.evaluations()
                .forEach(result -> evaluations
                        .putObject(result.name())
                        .put("correct", result.correct())
                        .put("total", result.total()));
        return json;
    }

    private void stage(ObjectNode json, StepMetrics step) {
        StageSettings stage = status.config().stages().get(step.stageIndex());
        json.putObject("stage")
                .put("name", stage.name())
                .put("number", step.stageIndex() + 1)
                .put("of", status.config().stages().size())
                .put("step", step.step() + 1)
                .put("steps", stage.steps());
        if (Double.isFinite(step.loss())) {
            json.put("loss", step.loss());
        }
        if (Double.isFinite(step.gradientNorm())) {
            json.put("gradientNorm", step.gradientNorm());
        }
        json.put("waitedShare", step.waitedShare());
    }
}
