package io.longreel.runtime.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.longreel.config.PlanPresets;
import io.longreel.config.plan.CostModel;
import io.longreel.config.plan.MemoryCost;
import io.longreel.config.plan.MeshSearch.Ranked;
import io.longreel.config.plan.MethodCurves;
import io.longreel.config.plan.PlanDescription;
import io.longreel.config.plan.StepCost;
import io.longreel.config.topology.Mesh;
import java.util.Locale;

/** The planner's answer as one JSON object: seconds, bytes, shares. */
final class PlanAnswerJson {
    private static final ObjectMapper JSON = new ObjectMapper();

    private PlanAnswerJson() {}

    static ObjectNode of(PlanAnswer answer) {
        PlanDescription asked = answer.asked();
        ObjectNode all = JSON.createObjectNode()
                .put("model", asked.model().name())
                .put("gpu", asked.gpu())
                .put("gpus", asked.cluster().gpus())
                .put("nodes", asked.cluster().nodes())
                .put("software", asked.software().name())
                .put("stage", asked.stage())
                .put("tokens", asked.work().tokens())
                .put("frames", asked.work().frames())
                .put("batch", asked.work().batch());
        ObjectNode chosen = put(all.putObject("chosen"), answer, answer.chosen());
        parts(chosen.putObject("parts"), answer.chosen().cost());
        memory(chosen.putObject("memory"), answer.chosen().memory());
        ArrayNode bytes = chosen.putArray("bytes");
        CostModel.bytes(answer.step(answer.chosen()))
                .forEach(part -> bytes.addObject()
                        .put("part", part.part())
                        .put("insideBytes", Math.round(part.inside()))
                        .put("betweenBytes", Math.round(part.between())));
        ArrayNode meshes = all.putArray("meshes");
        answer.meshes().ranked().forEach(ranked -> put(meshes.addObject(), answer, ranked));
        ArrayNode illegal = all.putArray("illegal");
        answer.meshes()
                .illegal()
                .forEach(i -> mesh(illegal.addObject(), i.mesh()).put("rule", i.rule()));
        ArrayNode curves = all.putArray("curves");
        MethodCurves.of(asked, PlanPresets.software("megatron")).forEach(curve -> {
            ObjectNode node = curves.addObject().put("method", curve.method().word());
            ArrayNode points = node.putArray("points");
            curve.points()
                    .forEach(point -> points.addObject()
                            .put("tokens", point.tokens())
                            .put("seconds", point.seconds())
                            .put("fits", point.fits()));
        });
        return all;
    }

    private static ObjectNode put(ObjectNode node, PlanAnswer answer, Ranked ranked) {
        return mesh(node, ranked.choice().mesh())
                .put("zero", ranked.choice().zeroStage())
                .put("recompute", ranked.choice().recompute())
                .put("seconds", ranked.cost().seconds())
                .put("tokensPerSecond", answer.tokensPerSecond(ranked))
                .put("mfu", answer.mfu(ranked))
                .put("fits", ranked.memory().fits())
                .put("memoryBytes", Math.round(ranked.memory().total()))
                .put("longestTokens", answer.longest(ranked));
    }

    private static ObjectNode mesh(ObjectNode node, Mesh mesh) {
        return node.put("data", mesh.dataDegree())
                .put("ring", mesh.ringDegree())
                .put("ulysses", mesh.ulyssesDegree())
                .put("inner", mesh.inner().name().toLowerCase(Locale.ROOT));
    }

    static void parts(ObjectNode node, StepCost cost) {
        node.put("vision", cost.vision())
                .put("linear", cost.linear())
                .put("attention", cost.attention())
                .put("allToAll", cost.exchange())
                .put("ringExposed", cost.ringExposed())
                .put("ringHidden", cost.ringHidden())
                .put("ringSteps", cost.ringSteps())
                .put("gathersExposed", cost.gathersExposed())
                .put("gathersHidden", cost.gathersHidden())
                .put("optimizer", cost.optimizer())
                .put("meetings", cost.meetings())
                .put("fixed", cost.fixed());
    }

    private static void memory(ObjectNode node, MemoryCost memory) {
        node.put("weightsBytes", Math.round(memory.weights()))
                .put("gradientsBytes", Math.round(memory.gradients()))
                .put("optimizerBytes", Math.round(memory.optimizer()))
                .put("gatheredBytes", Math.round(memory.gathered()))
                .put("activationBytes", Math.round(memory.activations()))
                .put("logitBytes", Math.round(memory.logits()))
                .put("lostBytes", Math.round(memory.lost()))
                .put("totalBytes", Math.round(memory.total()))
                .put("usableBytes", Math.round(memory.usable()));
    }
}
