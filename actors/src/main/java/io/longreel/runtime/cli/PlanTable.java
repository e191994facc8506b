package io.longreel.runtime.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.longreel.config.RunConfig;
import io.longreel.model.RankMemory;
import io.longreel.runtime.plan.PlanLine;
import io.longreel.runtime.plan.PlanLine.Kind;
import io.longreel.runtime.plan.RankPlan;
import io.longreel.runtime.plan.RunTimes;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/** A rank's memory, and the time of steps, as lines for people, or as JSON. */
final class PlanTable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final double MIB = 1 << 20;

    private PlanTable() {}

    /** @param which the rank, in words */
    static List<String> of(RunConfig config, RankPlan plan, RunTimes times, String which) {
        int stage = width("stage", plan, PlanLine::stage);
        int part = width("phase", plan, PlanTable::part);
        String row = "%-" + stage + "s  %-" + part + "s  %6s  %7s  %9s  %9s  %9s  %9s  %9s  %11s  %9s  %9s  %9s";
        List<String> lines = new ArrayList<>();
        lines.add("memory of %s (%s), in MiB".formatted(which, config.mesh()));
        lines.add("");
        lines.add(row.formatted(
                "stage",
                "phase",
                "frames",
                "tokens",
                "weights",
                "windows",
                "gradients",
                "optimizer",
                "snapshots",
                "activations",
                "scratch",
                "caches",
                "total"));
        for (PlanLine line : plan.lines()) {
            RankMemory memory = line.memory();
            lines.add(row.formatted(
                    line.stage(),
                    part(line),
                    line.frames(),
                    line.tokens(),
                    mib(memory.weights()),
                    mib(memory.windows()),
                    mib(memory.gradients()),
                    mib(memory.optimizer()),
                    mib(memory.snapshots()),
                    mib(memory.activations()),
                    mib(memory.scratch()),
                    mib(memory.caches()),
                    mib(memory.total())));
        }
        PlanLine largest = plan.largest();
        lines.add("");
        lines.add("largest: %s MiB, in stage %s, %s".formatted(mib(plan.peakBytes()), largest.stage(), part(largest)));
        lines.add("");
        lines.add(
                "Frames and tokens are those of the longest packed sequence that seed %d draws, and exact. Arenas grow as in a"
                        .formatted(config.seed()));
        lines.add(
                "run that nothing disturbs, and keep what the largest pass needed. Beside it a process has decoded frames");
        lines.add("(at most %s MiB), the windows and buffers of its links, and the JVM."
                .formatted(mib(config.data().frameCacheBytes())));
        lines.add("");
        times(lines, plan, times, stage, part);
        return lines;
    }

    private static void times(List<String> lines, RankPlan plan, RunTimes times, int stage, int part) {
        String row = "%-" + stage + "s  %-" + part + "s  %9s  %9s  %9s  %10s  %9s  %9s  %9s  %9s  %9s";
        lines.add(
                "seconds of a step with such a sequence in each replica: an estimate by formulas, for cores that were "
                        + (times.isMeasured() ? "measured here" : "not measured here: \"plan calibrate\" does that"));
        lines.add("");
        lines.add(row.formatted(
                "stage",
                "phase",
                "vision",
                "linear",
                "attention",
                "all-to-all",
                "ring",
                "(hidden)",
                "gathers",
                "other",
                "total"));
        for (PlanLine line : plan.lines()) {
            times.step(line)
                    .ifPresent(cost -> lines.add(row.formatted(
                            line.stage(),
                            part(line),
                            PlanAnswerTable.number(cost.vision()),
                            PlanAnswerTable.number(cost.linear()),
                            PlanAnswerTable.number(cost.attention()),
                            PlanAnswerTable.number(cost.exchange()),
                            PlanAnswerTable.number(cost.ringExposed()),
                            PlanAnswerTable.number(cost.ringHidden()),
                            PlanAnswerTable.number(cost.gathersExposed()),
                            PlanAnswerTable.number(
                                    cost.ringSteps() + cost.optimizer() + cost.meetings() + cost.fixed()),
                            PlanAnswerTable.number(cost.seconds()))));
        }
    }

    static String json(RunConfig config, RankPlan plan, RunTimes times) {
        ObjectNode all =
                JSON.createObjectNode().put("world", config.mesh().worldSize()).put("rank", plan.rank());
        ArrayNode stages = all.putArray("stages");
        for (PlanLine line : plan.lines()) {
            RankMemory memory = line.memory();
            ObjectNode stage = stages.addObject()
                    .put("stage", line.stage())
                    .put("phase", line.part())
                    .put("kind", line.kind().name().toLowerCase(Locale.ROOT))
                    .put("frames", line.frames())
                    .put("tokens", line.tokens())
                    .put("weightsBytes", memory.weights())
                    .put("windowsBytes", memory.windows())
                    .put("gradientsBytes", memory.gradients())
                    .put("optimizerBytes", memory.optimizer())
                    .put("snapshotBytes", memory.snapshots())
                    .put("activationBytes", memory.activations())
                    .put("scratchBytes", memory.scratch())
                    .put("cacheBytes", memory.caches())
                    .put("totalBytes", memory.total());
            times.step(line).ifPresent(cost -> {
                stage.put("estimatedSeconds", cost.seconds());
                PlanAnswerJson.parts(stage.putObject("estimatedParts"), cost);
            });
        }
        return all.put("peakBytes", plan.peakBytes()).toString();
    }

    private static String part(PlanLine line) {
        return line.kind() == Kind.TEST ? "test " + line.part() : line.part();
    }

    private static int width(String title, RankPlan plan, Function<PlanLine, String> column) {
        return plan.lines().stream().map(column).mapToInt(String::length).reduce(title.length(), Math::max);
    }

    private static String mib(long bytes) {
        return String.format(Locale.ROOT, "%.2f", bytes / MIB);
    }
}
