package io.longreel.config.plan;

import io.longreel.config.topology.Mesh;
import java.util.List;

/** The time of a step, from first principles and a few constants (docs/planner.md). Pure. */
public final class CostModel {
    private CostModel() {}

    /** What each part of a step takes. */
    public static StepCost of(StepCase asked) {
        StepCase step = asked.onOwnShare();
        DecoderWork work = DecoderWork.of(step);
        VisionWork vision = VisionWork.of(step);
        Exchange exchange = Exchange.of(step);
        Ring ring = Ring.of(step, work);
        double tensor = tensor(step);
        double shared = exchange.seconds() + ring.exposed() + ring.steps() + tensor;
        double forward = work.linearForward() + work.attentionForward() + shared / 3;
        double backward = work.linearBackward() + work.attentionBackward() + shared * 2 / 3;
        Gathers gathers = Gathers.of(step, forward, backward);
        int passes = step.passes();
        return new StepCost(
                passes * vision.seconds(),
                passes * work.linear(),
                passes * work.attention(),
                passes * exchange.seconds(),
                passes * ring.exposed(),
                passes * ring.hidden(),
                passes * ring.steps(),
                passes * tensor,
                gathers.exposed(),
                gathers.hidden(),
                optimizer(step),
                Meetings.seconds(step),
                step.software().fixedSeconds()
                        + passes * step.software().details().layerSeconds() * layers(step));
    }

    /** Bytes that a rank sends in a step, part by part. */
    public static List<LinkBytes> bytes(StepCase step) {
        DecoderWork work = DecoderWork.of(step);
        Exchange exchange = Exchange.of(step);
        Ring ring = Ring.of(step, work);
        Gathers gathers = Gathers.of(step, 0, 0);
        double rows = VisionWork.of(step).rowBytes();
        boolean leaves = step.cluster().nodes() > 1;
        int passes = step.passes();
        return List.of(
                new LinkBytes("redistribution", leaves ? 0 : passes * rows, leaves ? passes * rows : 0),
                new LinkBytes("all-to-all", passes * exchange.insideBytes(), passes * exchange.betweenBytes()),
                new LinkBytes("ring", passes * ring.insideBytes(), passes * ring.betweenBytes()),
                new LinkBytes("tensor parallel", passes * tensorBytes(step), 0),
                new LinkBytes("weights and gradients", gathers.insideBytes(), gathers.betweenBytes()));
    }

    /** Operations that the step is for: what is computed twice counts once. */
    public static double modelFlops(StepCase step) {
        Workload work = step.work();
        double tokens = (double) work.tokens();
        return work.batch() * modelFlops(step.model(), work.trains(), tokens, tokens * tokens, work.frames());
    }

    /**
     * Operations that documents are for, as above.
     *
     * @param squaredTokens sum over the documents of the square of their tokens, as each of them attends to itself only
     */
    public static double modelFlops(
            ModelShape model, Workload.Trains trains, double tokens, double squaredTokens, long frames) {
        boolean passesDecoder = trains.passesDecoder(frames);
        double products = 2 * model.productParameters() * tokens;
        double decoder = products * (1 + (passesDecoder ? 1 : 0) + (trains.decoder() ? 1 : 0))
                + model.attentionFlops(1) * squaredTokens * (passesDecoder ? 3 : 1);
        double frame = model.vision()
                .map(v -> v.embeddingFlops() * (trains.vision() ? 2 : 1)
                        + (v.productFlops() + v.attentionFlops()) * (trains.vision() ? 3 : 1)
                        + v.projectorFlops(model.hidden()) * (trains.projector() ? 3 : 1))
                .orElse(0.0);
        return decoder + frames * frame;
    }

    /** Share of all devices' peak that such a step reaches. */
    public static double mfu(StepCase step, double seconds) {
        return modelFlops(step)
                / (seconds * step.cluster().gpus() * step.cluster().hardware().peakFlops());
    }

    private static double optimizer(StepCase step) {
        Software.Details details = step.software().details();
        double bytes = details.updateBytes()
                        * Parameters.trained(step)
                        / step.cluster().gpus()
                + details.weightBytes() * step.model().parameters();
        return bytes / step.cluster().hardware().elementBytesPerSecond();
    }

    /** Of decoder and tower, as far as there is something for them. */
    private static int layers(StepCase step) {
        int tower = step.work().frames() == 0
                ? 0
                : step.model().vision().map(VisionShape::layers).orElse(0);
        return step.model().layers() + tower;
    }

    /** Two reductions in each layer's forward pass and two in its backward pass, over all tokens of the ring's block. */
    private static double tensor(StepCase step) {
        int degree = step.choice().tensorDegree();
        int reductions = 2 * Exchange.ways(step) * step.model().layers();
        return degree == 1
                ? 0
                : tensorBytes(step) / step.cluster().inside().bytesPerSecond()
                        + reductions * step.cluster().inside().latencySeconds();
    }

    private static double tensorBytes(StepCase step) {
        int degree = step.choice().tensorDegree();
        Mesh mesh = step.choice().mesh();
        double activations = (double) step.cluster().hardware().elementBytes()
                * ((double) step.work().tokens() / mesh.spDegree())
                * step.model().hidden();
        return 2 * Exchange.ways(step) * step.model().layers() * 2.0 * (degree - 1) / degree * activations;
    }

    /**
     * What one rank sends in a step.
     *
     * @param inside bytes to ranks of its node
     * @param between bytes to other nodes
     */
    public record LinkBytes(String part, double inside, double between) {}
}
