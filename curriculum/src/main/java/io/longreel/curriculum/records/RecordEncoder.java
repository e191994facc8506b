package io.longreel.curriculum.records;

import io.longreel.config.RuntimeFailure;
import io.longreel.config.StageSettings.Source;
import io.longreel.curriculum.corpus.DataRecord;
import io.longreel.curriculum.dataset.Sample;
import io.longreel.curriculum.media.MediaFrames;
import io.longreel.curriculum.media.MediaStore;
import io.longreel.curriculum.media.MediumView;
import io.longreel.curriculum.text.ChatIds;
import io.longreel.curriculum.text.TextForm;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Makes a sample of a record as a source looks at it. Media are counted here and decoded later. Safe for use by several threads. */
public final class RecordEncoder {
    private final MediumView.Look look;
    private final MediaStore media;
    private final TextForm form;
    private final Limits limits;

    /**
     * What a sample must fit.
     *
     * @param vocabularySize ids that the model knows
     */
    public record Limits(int tokensPerFrame, int contextTokensMax, int vocabularySize) {}

    public RecordEncoder(Source.Dataset source, MediaStore media, TextForm form, Limits limits) {
        this.look = MediumView.Look.of(source);
        this.media = media;
        this.form = form;
        this.limits = limits;
    }

    public MediumView.Look look() {
        return look;
    }

    public Limits limits() {
        return limits;
    }

    /**
     * The sample of a record, whether it fits or not.
     *
     * @throws RuntimeFailure of category DATA when there is none
     */
    public Sample encode(DataRecord record) {
        return switch (record) {
            case DataRecord.Conversation conversation -> conversation(conversation);
            case DataRecord.Text text -> document(record.id(), form.wording().document(text.text()));
            case DataRecord.Tokens tokens -> document(record.id(), tokens.ids());
        };
    }

    /** Refuses, with category DATA, a sample with ids that the model lacks. */
    public void requireKnown(String id, Sample sample) {
        for (int token : sample.ids()) {
            if (token != form.imageToken() && token >= limits.vocabularySize()) {
                throw RuntimeFailure.data(
                        "record %s has a token that the model lacks: token=%d vocabularySize=%d; was it tokenised for another model?"
                                .formatted(id, token, limits.vocabularySize()));
            }
        }
    }

    /** Refuses, with category DATA, a sample that is longer than the context. */
    public void requireFit(String id, Sample sample) {
        long tokens = sample.expandedTokens(limits.tokensPerFrame());
        if (tokens > limits.contextTokensMax()) {
            long learned = Arrays.stream(sample.labels())
                    .filter(label -> label != Sample.IGNORE)
                    .count();
            throw RuntimeFailure.data(
                    "record %s has %d tokens (%d frames of %d, %d to learn) and the stage's context ends at %d; raise context-tokens-max, or lower frames-max"
                            .formatted(
                                    id,
                                    tokens,
                                    sample.frames().frameCount(),
                                    limits.tokensPerFrame(),
                                    learned,
                                    limits.contextTokensMax()));
        }
    }

    private Sample conversation(DataRecord.Conversation conversation) {
        MediaFrames frames = media.frames(conversation.media().stream()
                .map(medium -> new MediumView(medium, look))
                .toList());
        List<int[]> markers = new ArrayList<>();
        for (int medium = 0; medium < conversation.media().size(); medium++) {
            markers.add(form.frameMarkers(frames.frameCount(medium)));
        }
        ChatIds ids = form.chat().conversation(conversation.turns(), markers);
        return new Sample(
                ids.ids(),
                ids.labels(),
                form.imageToken(),
                ids.media(),
                frames.frameCount() == 0 ? Optional.empty() : Optional.of(frames));
    }

    /** Text alone: every token but the first is learned. */
    private Sample document(String id, int[] ids) {
        if (ids.length < 2) {
            throw RuntimeFailure.data(
                    "record %s has nothing to learn: a document must have two tokens at least".formatted(id));
        }
        if (Arrays.stream(ids).anyMatch(token -> token == form.imageToken())) {
            throw RuntimeFailure.data(
                    "record %s has the token that stands for a frame, and no frame: token=%d; was it tokenised for another model?"
                            .formatted(id, form.imageToken()));
        }
        return new Sample(ids, ids.clone(), form.imageToken(), List.of(), Optional.empty());
    }
}
