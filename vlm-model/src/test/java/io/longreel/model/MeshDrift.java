package io.longreel.model;

import io.longreel.config.topology.Mesh;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * How far meshes drift apart when sums are in order: prints, per mesh and number of steps, the largest relative difference of a loss and of a gradient
 * norm to one rank's, and that of the weights, relative to their norm and to the norm of what training changed. Run as a program; arguments are
 * numbers of steps.
 */
final class MeshDrift {
    private static final List<Mesh> MESHES = List.of(
            new Mesh(1, 2, 1),
            new Mesh(1, 1, 2),
            new Mesh(1, 2, 2),
            new Mesh(1, 4, 1),
            new Mesh(2, 1, 1),
            new Mesh(2, 2, 2));

    private final PrintStream out;
    private final Path directory;

    private MeshDrift(PrintStream out, Path directory) {
        this.out = out;
        this.directory = directory;
    }

    @SuppressWarnings("SystemOut") // a program for the terminal
    public static void main(String[] args) throws IOException {
        MeshDrift difference = new MeshDrift(System.out, Files.createTempDirectory("mesh-difference"));
        for (String model : List.of("gqa-even", "mha-odd-grid")) {
            for (String steps : args) {
                difference.print(model, Integer.parseInt(steps));
            }
        }
    }

    private void print(String model, int steps) {
        GoldenSteps training = new GoldenSteps(model, GoldenSteps.FULL, steps, directory);
        Map<String, float[]> start = new GoldenSteps(model, GoldenSteps.FULL, 0, directory)
                .run(Mesh.single(), SessionOptions.DEFAULTS)
                .weights();
        GoldenSteps.Result one = training.run(Mesh.single(), SessionOptions.DEFAULTS);
        double norm = norm(one.weights(), Map.of());
        double change = norm(one.weights(), start);
        for (Mesh mesh : MESHES) {
            GoldenSteps.Result other = training.run(mesh, SessionOptions.DEFAULTS);
            double loss = 0;
            double gradient = 0;
            for (int step = 0; step < steps; step++) {
                TrainSession.StepReport a = one.reports().get(step);
                TrainSession.StepReport b = other.reports().get(step);
                loss = Math.max(loss, Math.abs(b.loss() / a.loss() - 1));
                gradient = Math.max(gradient, Math.abs(b.gradientNorm() / a.gradientNorm() - 1));
            }
            double weights = norm(other.weights(), one.weights());
            out.printf(
                    "%-13s %2d steps  %-24s loss %.1e  norm %.1e  weights %.1e  of their change %.1e%n",
                    model, steps, mesh, loss, gradient, weights / norm, weights / change);
        }
    }

    /** Norm of the difference over all weights; a missing name counts as zeros. */
    private static double norm(Map<String, float[]> weights, Map<String, float[]> others) {
        double squares = 0;
        for (Map.Entry<String, float[]> weight : weights.entrySet()) {
            float[] other = others.getOrDefault(weight.getKey(), new float[weight.getValue().length]);
            for (int i = 0; i < other.length; i++) {
                double difference = (double) weight.getValue()[i] - other[i];
                squares += difference * difference;
            }
        }
        return Math.sqrt(squares);
    }
}
