package io.longreel.curriculum.needle;

import io.longreel.curriculum.chat.ChatMessage;
import io.longreel.curriculum.chat.ChatPart;
import io.longreel.curriculum.chat.ChatQuestion;
import io.longreel.curriculum.chat.ChatService;
import io.longreel.curriculum.chat.PromptEncoder;
import io.longreel.curriculum.corpus.Medium;
import io.longreel.curriculum.text.Role;
import io.longreel.curriculum.text.Wording;
import io.longreel.curriculum.video.FootageStore;
import io.longreel.model.generate.Sampling;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Answers that a model writes itself: the haystack in front of the needle, the needle and the rest are media of one question, so that tests of one
 * cell have their beginning in common. An answer is right when it is the expected one, but for spaces, case and a full stop.
 */
final class Generated implements Examinee {
    /** Who says more than this beyond the answer says something else. */
    private static final int TOKENS_BEYOND = 8;

    private final ChatService service;
    private final PromptEncoder encoder;
    private final FootageStore footage;
    private final Path folder;

    Generated(ChatService service, PromptEncoder encoder, FootageStore footage, Path folder) {
        this.service = service;
        this.encoder = encoder;
        this.footage = footage;
        this.folder = folder;
    }

    @Override
    public long tokens(Test test) {
        Wording wording = encoder.form().wording();
        int frameTokens = encoder.model().tokensPerFrame() + encoder.form().frameEnd().length;
        return wording.open().length
                + (long) (test.frames() + test.needle().framesAdded()) * frameTokens
                + wording.question(test.needle().question()).length
                + wording.answer(test.needle().answer()).length;
    }

    @Override
    public void answer(List<Test> tests, Answers answers) {
        answers.begun();
        try (HaystackFolder pictures = new HaystackFolder(footage, folder)) {
            for (Test test : tests) {
                HiddenNeedle needle = test.needle();
                String answered =
                        service.answer(question(test, pictures)).text().strip();
                answers.answered(new CellResult.Test(
                        needle.question(),
                        needle.answer(),
                        answered,
                        plain(answered).equals(plain(needle.answer())),
                        answered.equals(needle.answer())));
            }
        }
    }

    private ChatQuestion question(Test test, HaystackFolder pictures) {
        HiddenNeedle needle = test.needle();
        int at = test.needleAt();
        List<ChatPart> parts = new ArrayList<>();
        addStretch(parts, pictures, 0, at);
        switch (needle.thing()) {
            case HiddenNeedle.Thing.Card pasted -> {
                parts.add(shown(Medium.Kind.VIDEO, pictures.withCard(at, pasted.digit())));
                addStretch(parts, pictures, at + 1, test.frames());
            }
            case HiddenNeedle.Thing.Shown picture -> {
                parts.add(shown(Medium.Kind.IMAGE, picture.file()));
                addStretch(parts, pictures, at, test.frames());
            }
        }
        parts.add(new ChatPart.Text(needle.question()));
        int answerTokens = encoder.form().wording().answer(needle.answer()).length;
        return new ChatQuestion(
                List.of(new ChatMessage(Role.USER, parts)),
                test.frames(),
                Sampling.GREEDY,
                answerTokens + TOKENS_BEYOND,
                List.of());
    }

    private static void addStretch(List<ChatPart> parts, HaystackFolder pictures, int from, int to) {
        if (from < to) {
            parts.add(shown(Medium.Kind.VIDEO, pictures.stretch(from, to)));
        }
    }

    private static ChatPart shown(Medium.Kind kind, Path file) {
        return new ChatPart.Media(Medium.whole(kind, file));
    }

    private static String plain(String answer) {
        String plain = TeacherForced.plain(answer);
        return plain.endsWith(".") ? plain.substring(0, plain.length() - 1) : plain;
    }
}
