package io.longreel.curriculum.footage;

import java.util.random.RandomGenerator;

/**
 * A thing that moves through a scene: round, a box, a ring or a striped sheet, turning, shaded as if lit from above, with a texture of its own.
 * Round ones may be yellow; nothing with straight sides may, because that is what the needle card looks like.
 */
record Body(
        Form form,
        NoiseField noise,
        Colour colour,
        Colour second,
        float x,
        float y,
        float vx,
        float vy,
        float sway,
        float beat,
        float halfWidth,
        float halfHeight,
        float angle,
        float spin,
        float texture)
        implements Layer {

    enum Form {
        ROUND,
        BOX,
        RING,
        STRIPES
    }

    static Body draw(NoiseField noise, RandomGenerator random) {
        Form form = Form.values()[random.nextInt(Form.values().length)];
        boolean straight = form == Form.BOX || form == Form.STRIPES;
        return new Body(
                form,
                noise,
                Colour.draw(random, straight),
                Colour.draw(random, straight),
                random.nextFloat(),
                random.nextFloat(),
                random.nextFloat(-0.25f, 0.25f),
                random.nextFloat(-0.2f, 0.2f),
                random.nextFloat(0f, 0.15f),
                random.nextFloat(0.5f, 5f),
                random.nextFloat(0.04f, 0.38f),
                random.nextFloat(0.04f, 0.38f),
                random.nextFloat(6.2831855f),
                random.nextFloat(-1.5f, 1.5f),
                random.nextFloat(0f, 0.9f));
    }

    @Override
    public void paint(Canvas canvas, float time) {
        float cx = bounce(x + vx * time + sway * (float) StrictMath.sin(beat * time)) * canvas.width();
        float cy = bounce(y + vy * time + sway * (float) StrictMath.cos(beat * time * 0.7f)) * canvas.height();
        float cos = (float) StrictMath.cos(angle + spin * time);
        float sin = (float) StrictMath.sin(angle + spin * time);
        float reach = (float) Math.sqrt(halfWidth * halfWidth + halfHeight * halfHeight) * canvas.width();
        float scaleU = 1 / (halfWidth * canvas.width());
        float scaleV = 1 / (halfHeight * canvas.width());
        float edge = Math.min(1 / scaleU, 1 / scaleV);
        for (int py = Math.max(0, (int) (cy - reach)); py < Math.min(canvas.height(), cy + reach); py++) {
            for (int px = Math.max(0, (int) (cx - reach)); px < Math.min(canvas.width(), cx + reach); px++) {
                float u = ((px - cx) * cos + (py - cy) * sin) * scaleU;
                float v = ((py - cy) * cos - (px - cx) * sin) * scaleV;
                float inside = inside(u, v) * edge;
                if (inside > 0) {
                    float shade = 0.75f - 0.25f * v + texture * (noise.at(u * 40 + x * 200, v * 40 + y * 200) - 0.5f);
                    boolean other = form == Form.STRIPES && Math.floorMod((int) Math.floor(u * 4 + 100), 2) == 0;
                    canvas.blend(px, py, other ? second : colour, shade, Math.min(1f, inside));
                }
            }
        }
    }

    /** How far inside the outline a point lies, as a fraction of the size; not positive outside. */
    private float inside(float u, float v) {
        return switch (form) {
            case ROUND -> 1 - (float) Math.sqrt(u * u + v * v);
            case RING -> 0.25f - Math.abs((float) Math.sqrt(u * u + v * v) - 0.75f);
            case BOX, STRIPES -> 1 - Math.max(Math.abs(u), Math.abs(v));
        };
    }

    /** Folds any number into [0, 1], so that what leaves on one side comes back. */
    private static float bounce(float position) {
        float folded = Math.abs(position) % 2f;
        return folded > 1 ? 2 - folded : folded;
    }
}
