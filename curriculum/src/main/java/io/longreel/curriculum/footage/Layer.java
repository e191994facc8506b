package io.longreel.curriculum.footage;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * One thing in a scene, painted over what lies behind it. {@code time} is in seconds from the start of the scene; every layer moves with it.
 * Layers are immutable: all that is random about them was drawn when the scene was.
 */
sealed interface Layer permits Layer.Ground, Layer.Skyline, Layer.Lights, Body {
    void paint(Canvas canvas, float time);

    /** A sweep of colours over the whole picture, disturbed by noise: sky, water, foliage, plaster, fire. */
    record Ground(
            NoiseField noise,
            Colour[] ramp,
            float slopeX,
            float slopeY,
            float roughness,
            float scale,
            float vx,
            float vy)
            implements Layer {

        static Ground draw(NoiseField noise, RandomGenerator random) {
            Colour[] stops = new Colour[random.nextInt(2, 5)];
            for (int i = 0; i < stops.length; i++) {
                stops[i] = Colour.draw(random, true);
            }
            return new Ground(
                    noise,
                    ramp(stops),
                    random.nextFloat(-1f, 1f),
                    random.nextFloat(-1f, 1f),
                    random.nextFloat(0.1f, 1.6f),
                    random.nextFloat(40f, 240f),
                    random.nextFloat(-30f, 30f),
                    random.nextFloat(-30f, 30f));
        }

        @Override
        public void paint(Canvas canvas, float time) {
            float stepX = 1f / canvas.width();
            float stepY = 1f / canvas.height();
            for (int y = 0; y < canvas.height(); y++) {
                for (int x = 0; x < canvas.width(); x++) {
                    float u = x * stepX;
                    float v = y * stepY;
                    float n = noise.at(u * scale + vx * time, v * scale + vy * time);
                    float level = 0.5f + slopeX * (u - 0.5f) + slopeY * (v - 0.5f) + roughness * (n - 0.5f);
                    canvas.set(x, y, ramp[Math.clamp((int) (level * ramp.length), 0, ramp.length - 1)], 1f);
                }
            }
        }

        private static Colour[] ramp(Colour[] stops) {
            Colour[] ramp = new Colour[128];
            for (int i = 0; i < ramp.length; i++) {
                float position = (float) i * (stops.length - 1) / ramp.length;
                int stop = (int) position;
                ramp[i] = stops[stop].mix(stops[stop + 1], position - stop);
            }
            return ramp;
        }
    }

    /** A skyline that the camera passes: hills, trees or roofs, the nearer the faster. */
    record Skyline(NoiseField noise, Colour colour, float base, float height, float scale, float speed, float row)
            implements Layer {

        static List<Layer> drawRange(NoiseField noise, RandomGenerator random) {
            List<Layer> layers = new ArrayList<>();
            Colour far = Colour.draw(random, true);
            Colour near = Colour.draw(random, true).times(0.6f);
            int count = random.nextInt(1, 4);
            float speed = random.nextFloat(-40f, 40f);
            for (int i = 0; i < count; i++) {
                float nearness = (i + 1f) / count;
                layers.add(new Skyline(
                        noise,
                        far.mix(near, nearness),
                        0.35f + 0.4f * nearness + random.nextFloat(-0.1f, 0.1f),
                        random.nextFloat(0.1f, 0.45f),
                        random.nextFloat(25f, 110f),
                        speed * nearness,
                        random.nextFloat(NoiseField.SIZE)));
            }
            return layers;
        }

        @Override
        public void paint(Canvas canvas, float time) {
            for (int x = 0; x < canvas.width(); x++) {
                float u = (float) x / canvas.width();
                float along = u * scale + speed * time;
                float edge = (base - height * (noise.at(along, row) - 0.5f)) * canvas.height();
                for (int y = Math.max(0, (int) edge); y < canvas.height(); y++) {
                    float cover = Math.min(1f, y + 1 - edge);
                    float texture = 0.7f + 0.6f * noise.at(along * 2.5f, row + y * 1.7f);
                    canvas.blend(x, y, colour, texture, cover);
                }
            }
        }
    }

    /** Soft lights in the dark: lamps, stars, reflections, bokeh. */
    record Lights(Colour[] colours, float[] x, float[] y, float[] radius, float[] beat, float vx) implements Layer {

        static Lights draw(RandomGenerator random) {
            int count = random.nextInt(6, 28);
            Colour[] colours = new Colour[count];
            float[][] numbers = new float[4][count];
            for (int i = 0; i < count; i++) {
                colours[i] = Colour.draw(random, false).times(0.8f);
                numbers[0][i] = random.nextFloat(-0.3f, 1.3f);
                numbers[1][i] = random.nextFloat();
                numbers[2][i] = random.nextFloat(0.015f, 0.09f);
                numbers[3][i] = random.nextFloat(0.2f, 3f);
            }
            return new Lights(colours, numbers[0], numbers[1], numbers[2], numbers[3], random.nextFloat(-0.15f, 0.15f));
        }

        @Override
        public void paint(Canvas canvas, float time) {
            for (int i = 0; i < colours.length; i++) {
                float cx = (x[i] + vx * time) * canvas.width();
                float cy = y[i] * canvas.height();
                float r = radius[i] * canvas.width();
                float power = 0.65f + 0.35f * (float) StrictMath.sin(beat[i] * time * 6);
                for (int py = Math.max(0, (int) (cy - r)); py < Math.min(canvas.height(), cy + r); py++) {
                    for (int px = Math.max(0, (int) (cx - r)); px < Math.min(canvas.width(), cx + r); px++) {
                        float d = ((px - cx) * (px - cx) + (py - cy) * (py - cy)) / (r * r);
                        if (d < 1) {
                            canvas.add(px, py, colours[i], power * (1 - d) * (1 - d));
                        }
                    }
                }
            }
        }
    }
}
