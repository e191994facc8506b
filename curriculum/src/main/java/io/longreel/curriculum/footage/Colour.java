package io.longreel.curriculum.footage;

import java.util.random.RandomGenerator;

/** Red, green and blue, 0 to 255. */
record Colour(float red, float green, float blue) {

    /** @param hue in turns, 0 = red, 1/3 = green */
    static Colour ofHue(float hue, float saturation, float value) {
        return new Colour(
                channel(hue + 1f / 3, saturation, value),
                channel(hue, saturation, value),
                channel(hue - 1f / 3, saturation, value));
    }

    /** Any colour but bright yellow, which belongs to the needle card, when {@code sparesYellow}. */
    static Colour draw(RandomGenerator random, boolean sparesYellow) {
        float hue = random.nextFloat();
        // Strong colours are rare outdoors.
        float strength = random.nextFloat();
        float saturation = 0.05f + 0.9f * strength * strength;
        float value = random.nextFloat(0.2f, 1f);
        boolean yellow = hue > 0.10f && hue < 0.22f && saturation > 0.4f && value > 0.6f;
        return ofHue(yellow && sparesYellow ? hue + 0.45f : hue, saturation, value);
    }

    Colour mix(Colour other, float share) {
        return new Colour(
                red + (other.red - red) * share,
                green + (other.green - green) * share,
                blue + (other.blue - blue) * share);
    }

    Colour times(float factor) {
        return new Colour(red * factor, green * factor, blue * factor);
    }

    private static float channel(float turn, float saturation, float value) {
        float position = turn - (float) Math.floor(turn);
        float full = Math.clamp(2f - Math.abs(position * 6f - 2f), 0f, 1f);
        return 255f * value * (1 - saturation + saturation * full);
    }
}
