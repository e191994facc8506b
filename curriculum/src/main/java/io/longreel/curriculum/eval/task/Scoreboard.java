package io.longreel.curriculum.eval.task;

import io.longreel.config.EvaluationTaskSettings;
import io.longreel.config.EvaluationTaskSettings.Criterion;
import io.longreel.config.EvaluationTaskSettings.Judge;
import io.longreel.config.EvaluationTaskSettings.Kind;
import io.longreel.config.EvaluationTaskSettings.Verdict;
import io.longreel.curriculum.eval.task.Outcome.State;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;

/**
 * The scores of outcomes. Shares are in percent, a judge's scores from 0 to 5. Every record is in the denominator; what a judge did not judge is not,
 * and is counted beside. A question in several orders counts once all of its records are there. Pure.
 */
final class Scoreboard {
    private static final double PERCENT = 100;

    private final EvaluationTaskSettings task;

    private Scoreboard(EvaluationTaskSettings task) {
        this.task = task;
    }

    /** The scores over all, then those of groups in the order in which their members come first; none when nobody knows what is right. */
    static List<Metric> of(EvaluationTaskSettings task, List<Outcome> outcomes) {
        return task.records().expected().isEmpty() ? List.of() : new Scoreboard(task).metrics(outcomes);
    }

    /** Questions of which not all orders are there: they are in no score. */
    static int incomplete(EvaluationTaskSettings task, List<Outcome> outcomes) {
        if (task.score().kind() != Kind.CIRCULAR) {
            return 0;
        }
        return (int) by(outcomes, outcome -> outcome.item().circularGroup()).entrySet().stream()
                .filter(group -> !group.getKey().isEmpty()
                        && group.getValue().size() < task.score().tries())
                .count();
    }

    private List<Metric> metrics(List<Outcome> outcomes) {
        List<Metric> metrics = new ArrayList<>();
        metrics.add(overall(outcomes));
        if (task.score().kind() == Kind.CIRCULAR) {
            metrics.add(accuracy(EvaluationTaskSettings.PLAIN, outcomes));
        }
        task.judge().ifPresent(judge -> metrics.addAll(judged(judge, outcomes)));
        for (String group : task.records().groups().keySet()) {
            members(group, outcomes)
                    .forEach((member, some) -> metrics.add(score("%s=%s".formatted(group, member), some)));
        }
        return metrics;
    }

    private Metric overall(List<Outcome> outcomes) {
        String meanOver = task.score().meanOver();
        if (meanOver.isBlank()) {
            return score(EvaluationTaskSettings.OVERALL, outcomes);
        }
        Map<String, List<Outcome>> members = members(meanOver, outcomes);
        members.remove(Item.UNKNOWN); // of no member: it is in the numbers of unusable records
        List<Metric> scores = members.values().stream()
                .map(some -> score(EvaluationTaskSettings.OVERALL, some))
                .filter(metric -> metric.value().isPresent())
                .toList();
        Optional<Double> mean =
                mean(scores.stream().map(metric -> metric.value().orElseThrow()).toList());
        return new Metric(
                EvaluationTaskSettings.OVERALL,
                mean,
                scores.stream().mapToInt(Metric::count).sum());
    }

    private Metric score(String name, List<Outcome> outcomes) {
        return switch (task.score().kind()) {
            case ACCURACY -> accuracy(name, outcomes);
            case CIRCULAR -> circular(name, outcomes);
            case JUDGED -> judgedOverall(name, outcomes);
        };
    }

    private static Metric accuracy(String name, List<Outcome> outcomes) {
        return new Metric(
                name,
                mean(outcomes.stream()
                        .map(outcome -> outcome.isCorrect() ? PERCENT : 0)
                        .toList()),
                outcomes.size());
    }

    private Metric circular(String name, List<Outcome> outcomes) {
        List<Double> questions = new ArrayList<>();
        by(outcomes, outcome -> outcome.item().circularGroup()).forEach((group, tries) -> {
            if (!group.isEmpty() && tries.size() >= task.score().tries()) {
                questions.add(tries.stream().allMatch(Outcome::isCorrect) ? PERCENT : 0);
            }
        });
        return new Metric(name, mean(questions), questions.size());
    }

    private Metric judgedOverall(String name, List<Outcome> outcomes) {
        Judge judge = task.judge().orElseThrow();
        List<Outcome> counted = outcomes.stream()
                .filter(outcome -> outcome.state() != State.UNJUDGED)
                .toList();
        if (judge.verdict() == Verdict.YES_NO) {
            return accuracy(name, counted);
        }
        List<Double> criteria = judge.criteria().stream()
                .map(criterion -> scores(criterion, counted))
                .flatMap(Optional::stream)
                .toList();
        return new Metric(name, mean(criteria), counted.size());
    }

    private static List<Metric> judged(Judge judge, List<Outcome> outcomes) {
        List<Outcome> counted = outcomes.stream()
                .filter(outcome -> outcome.state() != State.UNJUDGED)
                .toList();
        boolean isOne = judge.criteria().size() == 1;
        return judge.criteria().stream()
                .map(criterion -> new Metric(
                        isOne ? EvaluationTaskSettings.SCORE : criterion.name(),
                        scores(criterion, counted),
                        counted.size()))
                .toList();
    }

    /** No answer has no point. */
    private static Optional<Double> scores(Criterion criterion, List<Outcome> outcomes) {
        return mean(outcomes.stream()
                .map(outcome -> outcome.judged().get(criterion.name()))
                .map(reply -> Objects.isNull(reply) ? 0.0 : reply.score())
                .toList());
    }

    private static Map<String, List<Outcome>> members(String group, List<Outcome> outcomes) {
        return by(outcomes, outcome -> outcome.item().groups().getOrDefault(group, Item.UNKNOWN));
    }

    private static Map<String, List<Outcome>> by(List<Outcome> outcomes, Function<Outcome, String> of) {
        Map<String, List<Outcome>> groups = new LinkedHashMap<>();
        outcomes.forEach(outcome -> groups.computeIfAbsent(of.apply(outcome), key -> new ArrayList<>())
                .add(outcome));
        return groups;
    }

    private static Optional<Double> mean(List<Double> values) {
        return values.isEmpty()
                ? Optional.empty()
                : Optional.of(values.stream().mapToDouble(value -> value).sum() / values.size());
    }
}
