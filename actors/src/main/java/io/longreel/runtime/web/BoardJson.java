package io.longreel.runtime.web;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.longreel.config.topology.Mesh;
import io.longreel.runtime.protocol.RankReport.StepFinished;
import io.longreel.runtime.protocol.RankUsage;
import io.longreel.runtime.protocol.StepTimes;
import io.longreel.runtime.supervisor.CellOutcome;
import io.longreel.runtime.supervisor.CommittedStep;
import java.util.List;
import java.util.Locale;

/** An update of the board as the page reads it (docs/dashboard.md has the members). Times are milliseconds since 1970. Stateless, any thread. */
final class BoardJson {
    private BoardJson() {}

    static String of(RunBoard.Update update, ControlEndpoint.View controls) {
        ObjectNode root = JsonNodeFactory.instance.objectNode();
        root.put("run", update.runName())
                .put("phase", update.phase().word())
                .put("doing", update.doing())
                .put("nowMs", update.nowMs())
                .put("last", update.isLast());
        root.putObject("controls")
                .put("on", controls.isOn())
                .put("why", controls.why())
                .put("chaos", controls.chaos())
                .put("pausing", update.isPausing());
        update.leftMs().ifPresent(ms -> root.put("leftMs", ms));
        ObjectNode numbers = root.putObject("numbers");
        update.reading().values().forEach((metric, value) -> number(numbers, metric.tag(), value));
        ObjectNode faults = root.putObject("faults");
        update.reading().faults().forEach((kind, count) -> faults.put(kind.word(), count));
        mesh(root.putObject("mesh"), update.mesh(), update.recent().usage());
        links(root.putArray("links"), update.recent().links());
        recent(root.putArray("recent"), update.recent().steps());
        stages(root.putArray("stages"), update.stages());
        update.evaluating()
                .ifPresent(test -> root.putObject("evaluating")
                        .put("name", test.name())
                        .put("done", test.done())
                        .put("cells", test.cells()));
        ArrayNode evaluations = root.putArray("evaluations");
        update.evaluations().forEach((name, cells) -> evaluation(evaluations.addObject(), name, cells));
        curve(root.putObject("curve"), update.curve());
        ArrayNode log = root.putArray("log");
        update.log()
                .forEach(entry -> log.addObject()
                        .put("number", entry.number())
                        .put("atMs", entry.atMs())
                        .put("kind", entry.kind().name().toLowerCase(Locale.ROOT))
                        .put("text", entry.text()));
        return root.toString();
    }

    /** JSON has no word for what is not finite. */
    private static void number(ObjectNode object, String name, double value) {
        if (Double.isFinite(value)) {
            object.put(name, value);
        } else {
            object.putNull(name);
        }
    }

    private static void links(ArrayNode array, List<RecentSteps.LinkLoad> links) {
        for (RecentSteps.LinkLoad link : links) {
            ObjectNode object = array.addObject().put("name", link.name()).put("bytes", link.bytes());
            link.waitedMs().ifPresent(ms -> object.put("waitedMs", ms));
        }
    }

    /** Bars as arrays, as there are many: computing, waiting for peers, for samples, and snapshot, in milliseconds. */
    private static void recent(ArrayNode array, List<CommittedStep> steps) {
        for (CommittedStep step : steps) {
            ArrayNode ranks =
                    array.addObject().put("step", step.position().globalStep()).putArray("ranks");
            for (StepFinished rank : step.ranks()) {
                StepTimes times = rank.times();
                ArrayNode parts = ranks.addArray();
                for (long ns : new long[] {times.ownNs(), times.waitedNs(), times.dataNs(), times.snapshotNs()}) {
                    parts.add(Math.round(Math.max(0, ns) / 1e4) / 1e2);
                }
            }
        }
    }

    private static void mesh(ObjectNode object, MeshPicture.View view, List<RankUsage> usage) {
        Mesh mesh = view.mesh();
        object.put("text", mesh.toString())
                .put("data", mesh.dataDegree())
                .put("ring", mesh.ringDegree())
                .put("ulysses", mesh.ulyssesDegree());
        ArrayNode ranks = object.putArray("ranks");
        for (int rank = 0; rank < view.nodeIds().size(); rank++) {
            ObjectNode one = ranks.addObject()
                    .put("node", view.nodeIds().get(rank))
                    .put("data", mesh.dataOf(rank))
                    .put("ring", mesh.ringOf(rank))
                    .put("ulysses", mesh.ulyssesOf(rank))
                    .put("state", view.states().get(rank).name().toLowerCase(Locale.ROOT));
            if (usage.size() == view.nodeIds().size() && !usage.get(rank).equals(RankUsage.NONE)) {
                one.put("arenaBytes", usage.get(rank).arenaBytes())
                        .put("residentBytes", usage.get(rank).residentBytes());
            }
        }
        ArrayNode spares = object.putArray("spares");
        view.spareIds().forEach(spares::add);
    }

    private static void stages(ArrayNode array, List<StageTimeline.Stage> stages) {
        for (StageTimeline.Stage stage : stages) {
            ObjectNode object = array.addObject()
                    .put("name", stage.name())
                    .put("steps", stage.steps())
                    .put("done", stage.done())
                    .put("current", stage.isCurrent());
            stage.beganMs().ifPresent(ms -> object.put("beganMs", ms));
            stage.endedMs().ifPresent(ms -> object.put("endedMs", ms));
        }
    }

    private static void evaluation(ObjectNode object, String name, List<CellOutcome> cells) {
        object.put("name", name);
        ArrayNode array = object.putArray("cells");
        cells.forEach(cell -> array.addObject()
                .put("frames", cell.frames())
                .put("depth", cell.depth())
                .put("correct", cell.correct())
                .put("total", cell.total()));
    }

    /** Points as arrays, as there are many: step, stage, loss, gradient norm, tokens per second. */
    private static void curve(ObjectNode object, Curve.Part part) {
        object.put("whole", part.isWhole());
        ArrayNode points = object.putArray("points");
        for (Curve.Point point : part.points()) {
            ArrayNode values = points.addArray().add(point.step()).add(point.stage());
            for (double value : new double[] {point.loss(), point.gradientNorm(), point.tokensPerSecond()}) {
                if (Double.isFinite(value)) {
                    values.add(value);
                } else {
                    values.addNull();
                }
            }
        }
    }
}
