package io.longreel.curriculum.footage;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * What the camera sees between two cuts: layers from back to front, the light on them, which drifts and sometimes fades, and the film's grain.
 * Immutable.
 */
final class Scene {
    private final List<Layer> layers;
    private final float exposure;
    private final float exposureDrift;
    private final float vignette;
    private final float grain;
    private final float fadeSeconds;
    private final int grainSeed;

    private Scene(List<Layer> layers, RandomGenerator random) {
        this.layers = List.copyOf(layers);
        this.exposure = random.nextFloat(0.65f, 1.2f);
        this.exposureDrift = random.nextFloat(-0.12f, 0.12f);
        this.vignette = random.nextFloat(0f, 0.6f);
        this.grain = random.nextFloat(0f, 14f);
        this.fadeSeconds = random.nextInt(6) == 0 ? random.nextFloat(0.2f, 0.8f) : 0f;
        this.grainSeed = random.nextInt();
    }

    static Scene draw(RandomGenerator random) {
        NoiseField noise = NoiseField.draw(1 << random.nextInt(2, 6), random);
        List<Layer> layers = new ArrayList<>();
        layers.add(Layer.Ground.draw(noise, random));
        if (random.nextInt(2) == 0) {
            layers.addAll(Layer.Skyline.drawRange(noise, random));
        }
        int bodies = random.nextInt(7);
        for (int i = 0; i < bodies; i++) {
            layers.add(Body.draw(noise, random));
        }
        if (random.nextInt(3) == 0) {
            layers.add(Layer.Lights.draw(random));
        }
        return new Scene(layers, random);
    }

    /** Paints the moment {@code time} seconds after the cut. */
    void paint(Canvas canvas, float time, int frame, byte[] rgb_hw3) {
        for (Layer layer : layers) {
            layer.paint(canvas, time);
        }
        float light = exposure + exposureDrift * time;
        if (fadeSeconds > 0) {
            light *= Math.min(1f, 0.1f + time / fadeSeconds);
        }
        canvas.develop(Math.clamp(light, 0.3f, 1.3f), vignette, grain, grainSeed + frame * 0x9E3779B9, rgb_hw3);
    }
}
