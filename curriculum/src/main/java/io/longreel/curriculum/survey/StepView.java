package io.longreel.curriculum.survey;

import io.longreel.curriculum.image.Picture;
import java.util.List;
import java.util.Optional;

/**
 * What a step shows the model.
 *
 * @param samples of the whole step, over all replicas; {@code rows} may be fewer
 */
public record StepView(String stage, String phase, int step, int samples, List<Row> rows) {
    public StepView {
        rows = List.copyOf(rows);
    }

    /**
     * One sample.
     *
     * @param shown which of its frames {@code pictures} are
     * @param question first words of the user, or of a document
     * @param answer first words of the assistant; empty for a document
     * @param fault why it is left out
     */
    public record Row(
            int sample,
            String dataset,
            int record,
            String id,
            int frames,
            List<Integer> shown,
            List<Picture> pictures,
            String question,
            String answer,
            Optional<String> fault) {
        public Row {
            shown = List.copyOf(shown);
            pictures = List.copyOf(pictures);
        }
    }
}
