package io.longreel.curriculum.eval.task;

import io.longreel.config.EvaluationTaskSettings.Criterion;
import io.longreel.config.EvaluationTaskSettings.Judge;
import io.longreel.config.EvaluationTaskSettings.Verdict;
import io.longreel.config.RuntimeFailure;
import io.longreel.curriculum.sft.ChatRequest;
import io.longreel.curriculum.sft.PatientChat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;

/**
 * Has answers judged by a model (specification 7.3, 7.4). What it was asked once is not asked again; a reply that is no judgement is asked for once
 * more, with a word about what was wrong. Used by all threads, which wait here.
 */
final class AnswerJudge {
    private final Judge judge;
    private final PatientChat chat;
    private final String judgedBy;
    private final EvaluationStore store;

    AnswerJudge(Judge judge, PatientChat chat, String judgedBy, EvaluationStore store) {
        this.judge = judge;
        this.chat = chat;
        this.judgedBy = judgedBy;
        this.store = store;
    }

    /** What came of one answer: a reply to every criterion, or why there is none. */
    record Judgement(Map<String, JudgeReply> replies, String trouble) {}

    Judgement judge(Item item, Item.Question question, String answer) {
        Map<String, JudgeReply> replies = new LinkedHashMap<>();
        for (Criterion criterion : judge.criteria()) {
            String prompt = Template.fill(
                    criterion.prompt(),
                    Map.of(
                            "question", question.text(),
                            "expected", question.expected().orElse(""),
                            "answer", answer));
            String key = EvaluationStore.key(judgedBy, String.valueOf(judge.tokensMax()), prompt);
            Optional<JudgeReply> known = store.judgement(key).flatMap(text -> JudgeReply.parse(judge.verdict(), text));
            if (known.isPresent()) {
                replies.put(criterion.name(), known.get());
                continue;
            }
            ChatRequest request = ChatRequest.of(List.of(), prompt, judge.tokensMax(), 0);
            Said said = ask(request, true);
            if (said.reply().isEmpty()) {
                return new Judgement(
                        Map.of(), "%s is not judged (%s): %s".formatted(item.id(), criterion.name(), said.text()));
            }
            store.keepJudgement(key, item.id(), criterion.name(), said.text());
            replies.put(criterion.name(), said.reply().get());
        }
        return new Judgement(replies, "");
    }

    /** The judge's words with what they say, or why there is nothing. */
    private record Said(Optional<JudgeReply> reply, String text) {}

    private Said ask(ChatRequest request, boolean mayRepeat) {
        PatientChat.Answer answer = answer(request);
        return switch (answer) {
            case PatientChat.Answer.GaveUp gaveUp -> new Said(Optional.empty(), gaveUp.reason());
            case PatientChat.Answer.Withheld withheld -> new Said(Optional.empty(), withheld.reason());
            case PatientChat.Answer.Text text -> {
                Optional<JudgeReply> reply = JudgeReply.parse(judge.verdict(), text.text());
                if (reply.isPresent()) {
                    yield new Said(reply, text.text());
                }
                yield mayRepeat
                        ? ask(request.then(text.text(), complaint()), false)
                        : new Said(
                                Optional.empty(),
                                "model %s twice said what is no judgement: %s"
                                        .formatted(chat.name(), shortened(text.text())));
            }
        };
    }

    private PatientChat.Answer answer(ChatRequest request) {
        try {
            return chat.ask(request).toCompletableFuture().join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeFailure failure ? failure : e;
        }
    }

    private String complaint() {
        return "That is not what was asked for. Reply with %s and nothing else."
                .formatted(
                        judge.verdict() == Verdict.SCORE
                                ? "{\"score\": N}, N a whole number from 0 to 5,"
                                : "{\"pred\": \"yes\" or \"no\", \"score\": N}, N a whole number from 0 to 5,");
    }

    private static String shortened(String text) {
        String line = text.strip().replaceAll("\\s+", " ");
        int charsMax = 80;
        return line.length() > charsMax ? line.substring(0, charsMax) + "..." : line;
    }
}
