package io.longreel.runtime.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.longreel.config.DataSettings.Damaged;
import io.longreel.config.RunConfig;
import io.longreel.curriculum.survey.Histogram;
import io.longreel.curriculum.survey.PhaseStats;
import io.longreel.curriculum.survey.Spread;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What phases train on, as lines for people, or as JSON. */
final class StatsText {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int BAR = 40;
    /** Of larger meshes only the ends of the range are shown. */
    private static final int RANKS_SHOWN = 16;

    private final RunConfig config;
    private final List<PhaseStats> phases;
    private final List<String> lines = new ArrayList<>();

    StatsText(RunConfig config, List<PhaseStats> phases) {
        this.config = config;
        this.phases = phases;
    }

    List<String> lines() {
        for (PhaseStats stats : phases) {
            PhaseStats.Plan plan = stats.plan();
            if (!lines.isEmpty()) {
                lines.add("");
            }
            lines.add("stage %s, phase %s: \"%s\", context of %d tokens"
                    .formatted(plan.stage(), plan.phase(), plan.mixture(), plan.contextTokensMax()));
            add(
                    "epoch",
                    "%,d records, %,d steps of %,d samples; steps = %,d are %.2f epochs",
                    plan.epochRecords(),
                    plan.epochSteps(),
                    plan.samplesPerStep(),
                    plan.steps(),
                    plan.epochs());
            sampled(stats.sampled());
            if (stats.tokens().count() > 0) {
                spread("tokens", stats.tokens());
                spread("frames", stats.frames());
                spread("learned", stats.learned());
                lines.add("");
                histogram(stats.histogram());
                lines.add("");
            }
            packing(stats.packing());
            ranks(stats.ranks());
        }
        return lines;
    }

    private void sampled(PhaseStats.Sampled sampled) {
        add(
                "looked at",
                "%,d records: %,d usable, %,d beyond the context (%.1f %%), %,d damaged",
                sampled.records(),
                sampled.usable(),
                sampled.tooLong(),
                100.0 * sampled.tooLong() / sampled.records(),
                sampled.damaged());
        sampled.first()
                .forEach(fault ->
                        add("unusable", "record %d of %s: %s", fault.record(), fault.dataset(), fault.reason()));
        if (!sampled.first().isEmpty()) {
            add(
                    "",
                    config.data().damaged() == Damaged.STOP
                            ? "longreel.data.damaged = stop: the run would end at the first such record"
                            : "longreel.data.damaged = skip: the run leaves such records out");
        }
    }

    private void spread(String what, Spread spread) {
        add(
                what,
                "per sample: min %,d, median %,d, mean %,.1f, p95 %,d, max %,d",
                spread.min(),
                spread.median(),
                spread.mean(),
                spread.p95(),
                spread.max());
    }

    private void histogram(Histogram histogram) {
        long most =
                histogram.bins().stream().mapToLong(Histogram.Bin::count).max().orElse(1);
        add("tokens", "%19s  %7s", "from - to", "samples");
        for (Histogram.Bin bin : histogram.bins()) {
            String bar = "#".repeat((int) Math.ceilDiv(bin.count() * BAR, most));
            add("", "%,8d - %,8d  %,7d  %s", bin.from(), bin.to() - 1, bin.count(), bar);
        }
    }

    private void packing(PhaseStats.Packing packing) {
        add(
                "packing",
                "first %,d steps: %,d samples%s in %,d sequences, which are %.0f %% full (%,d tokens)",
                packing.steps(),
                packing.samples() - packing.leftOut(),
                packing.leftOut() == 0 ? "" : " (%d left out)".formatted(packing.leftOut()),
                packing.sequences(),
                100 * packing.fill(),
                packing.tokens());
    }

    private void ranks(List<PhaseStats.RankLoad> ranks) {
        if (ranks.size() > RANKS_SHOWN) {
            Spread frames = Spread.of(
                    ranks.stream().mapToLong(PhaseStats.RankLoad::frames).toArray());
            Spread tokens = Spread.of(
                    ranks.stream().mapToLong(PhaseStats.RankLoad::tokens).toArray());
            add(
                    "ranks",
                    "%,d (%s); of these steps each has %,d to %,d frames and %,d to %,d tokens",
                    ranks.size(),
                    config.mesh(),
                    frames.min(),
                    frames.max(),
                    tokens.min(),
                    tokens.max());
            return;
        }
        add("ranks", "%s; of these steps each has", config.mesh());
        add("", "%4s  %7s  %9s  %9s", "rank", "replica", "frames", "tokens");
        ranks.forEach(
                load -> add("", "%4d  %7d  %,9d  %,9d", load.rank(), load.replica(), load.frames(), load.tokens()));
    }

    private void add(String title, String format, Object... values) {
        lines.add(("%-10s ".formatted(title) + String.format(Locale.ROOT, format, values)).stripTrailing());
    }

    String json() {
        ObjectNode root = JSON.createObjectNode();
        ArrayNode list = root.putArray("phases");
        for (PhaseStats stats : phases) {
            PhaseStats.Plan plan = stats.plan();
            PhaseStats.Sampled sampled = stats.sampled();
            ObjectNode one = list.addObject()
                    .put("stage", plan.stage())
                    .put("phase", plan.phase())
                    .put("mixture", plan.mixture())
                    .put("contextTokensMax", plan.contextTokensMax())
                    .put("epochRecords", plan.epochRecords())
                    .put("epochSteps", plan.epochSteps())
                    .put("samplesPerStep", plan.samplesPerStep())
                    .put("steps", plan.steps())
                    .put("epochs", plan.epochs())
                    .put("sampled", sampled.records())
                    .put("usable", sampled.usable())
                    .put("beyondContext", sampled.tooLong())
                    .put("damaged", sampled.damaged());
            ArrayNode faults = one.putArray("faults");
            sampled.first()
                    .forEach(fault -> faults.addObject()
                            .put("dataset", fault.dataset())
                            .put("record", fault.record())
                            .put("reason", fault.reason()));
            put(one.putObject("tokens"), stats.tokens());
            put(one.putObject("frames"), stats.frames());
            put(one.putObject("learned"), stats.learned());
            ArrayNode bins = one.putArray("histogram");
            stats.histogram()
                    .bins()
                    .forEach(bin -> bins.addObject()
                            .put("from", bin.from())
                            .put("to", bin.to())
                            .put("samples", bin.count()));
            PhaseStats.Packing packing = stats.packing();
            one.putObject("packing")
                    .put("steps", packing.steps())
                    .put("samples", packing.samples())
                    .put("leftOut", packing.leftOut())
                    .put("sequences", packing.sequences())
                    .put("tokens", packing.tokens())
                    .put("fill", packing.fill());
            ArrayNode ranks = one.putArray("ranks");
            stats.ranks()
                    .forEach(load -> ranks.addObject()
                            .put("rank", load.rank())
                            .put("replica", load.replica())
                            .put("frames", load.frames())
                            .put("tokens", load.tokens()));
        }
        return root.toString();
    }

    private static void put(ObjectNode node, Spread spread) {
        node.put("min", spread.min())
                .put("median", spread.median())
                .put("mean", spread.mean())
                .put("p95", spread.p95())
                .put("max", spread.max())
                .put("total", spread.total());
    }
}
