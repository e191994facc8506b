package io.longreel.curriculum;

import io.longreel.config.RuntimeFailure;
import io.longreel.curriculum.corpus.DataRecord;
import io.longreel.curriculum.corpus.Dataset;
import io.longreel.curriculum.corpus.Mixture;
import io.longreel.curriculum.dataset.Sample;
import io.longreel.curriculum.image.Picture;
import io.longreel.curriculum.media.MediaFrames;
import io.longreel.curriculum.media.MediaStore;
import io.longreel.curriculum.media.MediumFacts;
import io.longreel.curriculum.media.MediumView;
import io.longreel.curriculum.records.RecordEncoder;
import io.longreel.curriculum.survey.Piece;
import io.longreel.curriculum.survey.RecordView;
import io.longreel.curriculum.survey.StepView;
import io.longreel.curriculum.text.Role;
import io.longreel.curriculum.text.TextForm;
import io.longreel.curriculum.text.Turn;
import io.longreel.curriculum.video.FrameSampling;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Looks at single records as a phase does. Whatever is wrong with one becomes a part of the answer. Belongs to the survey's thread. */
final class RecordExam {
    private final RecordEncoder encoder;
    private final TextForm form;
    private final String viewer;

    /** What became of a record; {@code null} from where the fault was. */
    private record Found(
            @Nullable DataRecord record, @Nullable Sample sample, Optional<String> fault) {}

    /** @param viewer whose looks and limits the encoder has, in words */
    RecordExam(RecordEncoder encoder, TextForm form, String viewer) {
        this.encoder = encoder;
        this.form = form;
        this.viewer = viewer;
    }

    RecordView view(Dataset dataset, String name, int index, MediaStore media) {
        Found found = find(dataset, index);
        DataRecord record = found.record();
        Sample sample = found.sample();
        List<MediumFacts> facts = record instanceof DataRecord.Conversation conversation
                ? conversation.media().stream()
                        .map(medium -> media.facts(new MediumView(medium, encoder.look())))
                        .toList()
                : List.of();
        int tokensPerFrame = encoder.limits().tokensPerFrame();
        return new RecordView(
                name,
                index,
                viewer,
                Optional.ofNullable(record).map(DataRecord::id),
                facts,
                turns(record),
                sample == null ? List.of() : Piece.of(sample, form.chat().tokenizer(), tokensPerFrame),
                Optional.ofNullable(sample).map(this::counts),
                found.fault());
    }

    StepView.Row row(Mixture mixture, long position, int sampleIndex, int framesMax) {
        Mixture.Pick pick = mixture.at(position);
        Dataset dataset = mixture.datasets().get(pick.datasetIndex());
        Found found = find(dataset, pick.recordIndex());
        DataRecord record = found.record();
        int frames = found.sample() == null ? 0 : found.sample().frames().frameCount();
        List<Integer> shown = frames == 0
                ? List.of()
                : Arrays.stream(FrameSampling.uniform(frames, framesMax))
                        .boxed()
                        .toList();
        List<Picture> pictures = List.of();
        Optional<String> fault = found.fault();
        if (found.sample() != null && found.sample().frames() instanceof MediaFrames media) {
            try {
                pictures = shown.stream().map(media::picture).toList();
            } catch (RuntimeFailure e) {
                // Headers were fine; what is behind them turns out only now, as it would in the run.
                fault = Optional.of(requireData(e).getMessage());
                shown = List.of();
            }
        }
        return new StepView.Row(
                sampleIndex,
                dataset.name(),
                pick.recordIndex(),
                record == null ? "" : record.id(),
                frames,
                shown,
                pictures,
                question(record),
                first(turns(record), Role.ASSISTANT),
                fault);
    }

    private Found find(Dataset dataset, int index) {
        DataRecord record = null;
        Sample sample = null;
        try {
            record = dataset.read(index);
            sample = encoder.encode(record);
            encoder.requireKnown(record.id(), sample);
            encoder.requireFit(record.id(), sample);
            return new Found(record, sample, Optional.empty());
        } catch (RuntimeFailure e) {
            return new Found(record, sample, Optional.of(requireData(e).getMessage()));
        }
    }

    private static RuntimeFailure requireData(RuntimeFailure failure) {
        if (failure.category() != RuntimeFailure.Category.DATA) {
            throw failure;
        }
        return failure;
    }

    private RecordView.Counts counts(Sample sample) {
        int frames = sample.frames().frameCount();
        return new RecordView.Counts(
                sample.ids().length - (long) frames,
                frames,
                encoder.limits().tokensPerFrame(),
                Piece.learnedTokens(sample),
                encoder.limits().contextTokensMax());
    }

    private static List<Turn> turns(@Nullable DataRecord record) {
        return record instanceof DataRecord.Conversation conversation ? conversation.turns() : List.of();
    }

    private String question(@Nullable DataRecord record) {
        if (record == null) {
            return "";
        }
        return switch (record) {
            case DataRecord.Conversation conversation -> first(conversation.turns(), Role.USER);
            case DataRecord.Text text -> text.text();
            case DataRecord.Tokens tokens -> form.chat().tokenizer().decode(tokens.ids());
        };
    }

    private static String first(List<Turn> turns, Role role) {
        return turns.stream()
                .filter(turn -> turn.role() == role)
                .map(Turn::text)
                .findFirst()
                .orElse("");
    }
}
