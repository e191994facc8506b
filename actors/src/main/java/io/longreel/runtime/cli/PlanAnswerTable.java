package io.longreel.runtime.cli;

import io.longreel.config.plan.ClusterSpec;
import io.longreel.config.plan.CostModel;
import io.longreel.config.plan.MemoryCost;
import io.longreel.config.plan.MeshSearch.Illegal;
import io.longreel.config.plan.MeshSearch.Ranked;
import io.longreel.config.plan.PlanDescription;
import io.longreel.config.plan.StepCost;
import io.longreel.config.topology.Mesh;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The planner's answer as lines for people. */
final class PlanAnswerTable {
    private static final int ROWS_MAX = 12;
    private static final double GB = 1e9;

    private PlanAnswerTable() {}

    /** @param isAll whether every mesh gets its line */
    static List<String> of(PlanAnswer answer, boolean isAll) {
        List<String> lines = new ArrayList<>();
        Ranked chosen = answer.chosen();
        lines.add(question(answer.asked()));
        lines.add("");
        lines.add("%s: %s, %s s, %,.0f tokens/s, MFU %.1f %%%s"
                .formatted(
                        answer.asked().mesh().isPresent() ? "asked" : "best",
                        words(chosen),
                        number(chosen.cost().seconds()),
                        answer.tokensPerSecond(chosen),
                        100 * answer.mfu(chosen),
                        chosen.memory().fits() ? "" : "; DOES NOT FIT"));
        lines.add("");
        seconds(lines, chosen.cost());
        lines.add("");
        memory(lines, chosen.memory());
        lines.add("");
        bytes(lines, answer);
        lines.add("");
        ranking(lines, answer, isAll);
        illegal(lines, answer, isAll);
        return lines;
    }

    private static String question(PlanDescription asked) {
        ClusterSpec cluster = asked.cluster();
        return String.format(
                Locale.ROOT,
                "A step of %s (%.2f billion weights), %s of %,d tokens%s, stage %s, on %d x %s in %s, as %s does it",
                asked.model().name(),
                asked.model().parameters() / 1e9,
                asked.work().batch() == 1 ? "a sequence" : asked.work().batch() + " sequences",
                asked.work().tokens(),
                asked.work().frames() == 0
                        ? ""
                        : String.format(
                                Locale.ROOT, " with %,d frames", asked.work().frames()),
                asked.stage(),
                cluster.gpus(),
                asked.gpu(),
                cluster.nodes() == 1 ? "one node" : cluster.nodes() + " nodes",
                asked.software().name());
    }

    private static void seconds(List<String> lines, StepCost cost) {
        String row = "%-8s %9s %9s %10s %11s %9s %9s %11s %9s %10s %9s %11s %9s";
        lines.add(row.formatted(
                "",
                "vision",
                "linear",
                "attention",
                "all-to-all",
                "ring",
                "(hidden)",
                "ring steps",
                "gathers",
                "(hidden)",
                "optimizer",
                "fixed",
                "total"));
        lines.add(row.formatted(
                "seconds",
                number(cost.vision()),
                number(cost.linear()),
                number(cost.attention()),
                number(cost.exchange()),
                number(cost.ringExposed()),
                number(cost.ringHidden()),
                number(cost.ringSteps()),
                number(cost.gathersExposed()),
                number(cost.gathersHidden()),
                number(cost.optimizer()),
                number(cost.meetings() + cost.fixed()),
                number(cost.seconds())));
    }

    private static void memory(List<String> lines, MemoryCost memory) {
        String row = "%-8s %9s %9s %10s %11s %11s %9s %9s %9s %9s";
        lines.add(row.formatted(
                "",
                "weights",
                "gradients",
                "optimizer",
                "gathered",
                "activations",
                "logits",
                "lost",
                "total",
                "usable"));
        lines.add(row.formatted(
                "GB",
                number(memory.weights() / GB),
                number(memory.gradients() / GB),
                number(memory.optimizer() / GB),
                number(memory.gathered() / GB),
                number(memory.activations() / GB),
                number(memory.logits() / GB),
                number(memory.lost() / GB),
                number(memory.total() / GB),
                number(memory.usable() / GB)));
    }

    private static void bytes(List<String> lines, PlanAnswer answer) {
        String row = "%-23s %12s %12s";
        lines.add(row.formatted("GB that a rank sends", "in its node", "to others"));
        CostModel.bytes(answer.step(answer.chosen())).stream()
                .filter(part -> part.inside() + part.between() > 0)
                .forEach(part ->
                        lines.add(row.formatted(part.part(), number(part.inside() / GB), number(part.between() / GB))));
    }

    private static void ranking(List<String> lines, PlanAnswer answer, boolean isAll) {
        List<Ranked> ranked = answer.meshes().ranked();
        long fit = ranked.stream().filter(r -> r.memory().fits()).count();
        lines.add("%d of %d ways fit; the fastest first".formatted(fit, ranked.size()));
        String row = "%4s %5s %7s %7s %4s %9s %10s %12s %6s %8s %14s";
        lines.add(row.formatted(
                "data",
                "ring",
                "ulysses",
                "inner",
                "zero",
                "recompute",
                "seconds",
                "tokens/s",
                "MFU %",
                "GB",
                "longest"));
        for (Ranked r : isAll ? ranked : ranked.subList(0, Math.min(ROWS_MAX, ranked.size()))) {
            Mesh mesh = r.choice().mesh();
            lines.add(row.formatted(
                    mesh.dataDegree(),
                    mesh.ringDegree(),
                    mesh.ulyssesDegree(),
                    mesh.inner().name().toLowerCase(Locale.ROOT),
                    r.choice().zeroStage(),
                    r.choice().recompute() ? "yes" : "no",
                    r.memory().fits() ? number(r.cost().seconds()) : "no room",
                    String.format(Locale.ROOT, "%,.0f", answer.tokensPerSecond(r)),
                    String.format(Locale.ROOT, "%.1f", 100 * answer.mfu(r)),
                    number(r.memory().total() / GB),
                    String.format(Locale.ROOT, "%,d", answer.longest(r))));
        }
        if (!isAll && ranked.size() > ROWS_MAX) {
            lines.add("... and %d more (--all)".formatted(ranked.size() - ROWS_MAX));
        }
    }

    private static void illegal(List<String> lines, PlanAnswer answer, boolean isAll) {
        Map<String, List<String>> byRule = new LinkedHashMap<>();
        for (Illegal illegal : answer.meshes().illegal()) {
            byRule.computeIfAbsent(illegal.rule(), key -> new ArrayList<>())
                    .add(illegal.mesh().toString());
        }
        if (byRule.isEmpty()) {
            return;
        }
        lines.add("");
        lines.add("not allowed");
        byRule.entrySet().stream()
                .limit(isAll ? Long.MAX_VALUE : ROWS_MAX)
                .forEach(entry -> lines.add("  %s: %s".formatted(entry.getKey(), meshes(entry.getValue(), isAll))));
        if (!isAll && byRule.size() > ROWS_MAX) {
            lines.add("  ... and %d more reasons (--all)".formatted(byRule.size() - ROWS_MAX));
        }
    }

    private static String meshes(List<String> meshes, boolean isAll) {
        int shown = isAll ? meshes.size() : Math.min(3, meshes.size());
        String listed = String.join("; ", meshes.subList(0, shown));
        return shown == meshes.size() ? listed : "%s and %d more".formatted(listed, meshes.size() - shown);
    }

    private static String words(Ranked ranked) {
        return "%s, ZeRO %d%s"
                .formatted(
                        ranked.choice().mesh(),
                        ranked.choice().zeroStage(),
                        ranked.choice().recompute() ? ", layers computed again" : "");
    }

    /** Three digits or so, whatever the size. */
    static String number(double value) {
        double size = Math.abs(value);
        String format =
                value == 0 ? "%.0f" : size >= 100 ? "%,.1f" : size >= 1 ? "%.2f" : size >= 1e-4 ? "%.4f" : "%.1e";
        return String.format(Locale.ROOT, format, value);
    }
}
