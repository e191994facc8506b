package io.longreel.curriculum.dataset;

/** A card with {@code digit} that hides in frame {@code frame} of a video. */
public record Needle(int frame, int digit) {
    public Needle {
        if (frame < 0 || digit < 0 || digit >= NeedleCard.DIGITS) {
            throw new IllegalArgumentException(
                    "needle must be a digit in a frame: frame=%d digit=%d".formatted(frame, digit));
        }
    }
}
