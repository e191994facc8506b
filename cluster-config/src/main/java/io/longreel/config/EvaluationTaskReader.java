package io.longreel.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import io.longreel.config.ConfigReader.Range;
import io.longreel.config.EvaluationTaskSettings.Answer;
import io.longreel.config.EvaluationTaskSettings.Criterion;
import io.longreel.config.EvaluationTaskSettings.Extract;
import io.longreel.config.EvaluationTaskSettings.Judge;
import io.longreel.config.EvaluationTaskSettings.Kind;
import io.longreel.config.EvaluationTaskSettings.Prompt;
import io.longreel.config.EvaluationTaskSettings.Published;
import io.longreel.config.EvaluationTaskSettings.Records;
import io.longreel.config.EvaluationTaskSettings.Score;
import io.longreel.config.EvaluationTaskSettings.Subtitles;
import io.longreel.config.EvaluationTaskSettings.Verdict;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;

/** Reads a file of an evaluation over {@code tasks/defaults.conf}; its records are {@link EvaluationRecordsReader}'s. One thread, one file. */
final class EvaluationTaskReader {
    private static final int FRAMES_MAX = 1_000_000;
    private static final int TOKENS_MAX = 65_536;
    private static final int TRIES_MAX = 24;

    private static final List<String> NULL_BY_DEFAULT =
            List.of("subtitles", "judge", "records.join", "records.expected");

    private static final Config SUBTITLES = ConfigFactory.parseString("file = [], shift = \"\", rule = shown-frames");
    private static final Config JUDGE = ConfigFactory.parseString("criteria = [], verdict = score, tokens-max = 64");
    private static final Config CRITERION = ConfigFactory.parseString("name = \"\", prompt = \"\"");
    private static final Config PUBLISHED =
            ConfigFactory.parseString("model = \"\", table = \"\", frames = 0, values {}");

    private final Faults faults = new Faults();
    private final ConfigReader root;
    private final String name;

    EvaluationTaskReader(String name, Config written, Config defaults) {
        this.name = name;
        Config below = defaults;
        for (String key : NULL_BY_DEFAULT) {
            // What is merged over null has no other fallback any more.
            below = written.hasPath(key) ? below.withoutPath(key) : below;
        }
        this.root = new ConfigReader(written.withFallback(below).root(), "", faults);
    }

    /** Throws every fault of the file, a line each. */
    EvaluationTaskSettings read() {
        String title = root.text("title");
        faults.require(!title.isBlank(), root, "title", "must say what the evaluation is called");
        EvaluationRecordsReader recordsReader = new EvaluationRecordsReader(root.section("records"));
        Records records = recordsReader.read();
        Prompt prompt = prompt(root.section("prompt"), records);
        Optional<Subtitles> subtitles =
                root.isNull("subtitles") ? Optional.empty() : Optional.of(subtitles(over("subtitles", SUBTITLES)));
        int frames = root.integer("frames", 1, FRAMES_MAX);
        Answer answer = answer(root.section("answer"), records);
        Score score = score(root.section("score"), records, answer);
        Optional<Judge> judge = root.isNull("judge") ? Optional.empty() : Optional.of(judge(over("judge", JUDGE)));
        judgeKinds(score, judge, records, prompt, subtitles);
        List<Published> paper = groups("paper", PUBLISHED, this::published);
        paper.forEach(row -> knownMetrics(row, score, judge, records));
        EvaluationTaskSettings task = new EvaluationTaskSettings(
                name, title, records, prompt, subtitles, frames, answer, score, judge, paper, root.texts("notes"));
        root.rejectUnknownKeys();
        faults.throwIfAny();
        return task;
    }

    /** A group that is null by default, over what its keys are when it is there. */
    private ConfigReader over(String key, Config defaults) {
        return root.object(key)
                .map(written -> root.child(written.withFallback(defaults.root()), root.pathOf(key)))
                .orElseGet(() -> new ConfigReader(defaults.root(), root.pathOf(key), new Faults()));
    }

    /** A list of groups. */
    private <T> List<T> groups(String key, Config defaults, BiFunction<ConfigReader, Integer, T> reading) {
        return groups(root, key, defaults, reading);
    }

    private <T> List<T> groups(
            ConfigReader section, String key, Config defaults, BiFunction<ConfigReader, Integer, T> reading) {
        List<ConfigValue> elements = section.elements(key);
        List<T> read = new ArrayList<>();
        for (int i = 0; i < elements.size(); i++) {
            String path = "%s[%d]".formatted(section.pathOf(key), i);
            if (elements.get(i) instanceof ConfigObject object) {
                read.add(reading.apply(section.child(object.withFallback(defaults.root()), path), i));
            } else {
                faults.add(path, elements.get(i).origin(), "must be a group of keys { ... }");
            }
        }
        return read;
    }

    private Prompt prompt(ConfigReader section, Records records) {
        Prompt prompt = new Prompt(section.text("text"), section.text("with-subtitles"), section.text("option"));
        faults.require(
                prompt.text().contains("{question}"), section, "text", "must have {question}: a model must be asked");
        faults.require(
                !records.options().any() || prompt.text().contains("{options}"),
                section,
                "text",
                "must have {options}, as the records have some");
        faults.require(
                !records.options().any()
                        || (prompt.option().contains("{letter}")
                                && prompt.option().contains("{text}")),
                section,
                "option",
                "must have {letter} and {text}");
        return prompt;
    }

    private Subtitles subtitles(ConfigReader section) {
        List<String> file = section.texts("file");
        faults.require(!file.isEmpty(), section, "file", "must name at least one path");
        return new Subtitles(file, section.text("shift"), section.choice("rule", Subtitles.Rule.class));
    }

    private Answer answer(ConfigReader section, Records records) {
        Answer answer =
                new Answer(section.integer("tokens-max", 1, TOKENS_MAX), section.choice("extract", Extract.class));
        boolean isChoice = answer.extract() != Extract.TEXT && answer.extract() != Extract.YES_NO;
        faults.require(
                !isChoice || records.options().any(),
                section,
                "extract",
                "must be text or yes-no where records have no options (records.options)",
                "records");
        return answer;
    }

    private Score score(ConfigReader section, Records records, Answer answer) {
        Score score = new Score(
                section.choice("kind", Kind.class),
                section.text("circular-group"),
                section.integer("tries", 2, TRIES_MAX),
                section.text("mean-over"));
        faults.require(
                score.kind() != Kind.CIRCULAR || !score.circularGroup().isBlank(),
                section,
                "circular-group",
                "must tell which records are one question, for kind = circular");
        faults.require(
                score.meanOver().isBlank() || records.groups().containsKey(score.meanOver()),
                section,
                "mean-over",
                "must be one of records.groups (%s), not %s"
                        .formatted(String.join(", ", records.groups().keySet()), score.meanOver()),
                "records.groups");
        faults.require(
                score.kind() != Kind.JUDGED || answer.extract() == Extract.TEXT,
                section,
                "kind",
                "must not be judged unless answer.extract = text: a judge reads the whole answer",
                "answer.extract");
        return score;
    }

    private Judge judge(ConfigReader section) {
        Set<String> names = new HashSet<>();
        List<Criterion> criteria = groups(section, "criteria", CRITERION, (keys, i) -> {
            Criterion criterion = new Criterion(keys.text("name"), keys.text("prompt"));
            faults.require(
                    !criterion.name().isBlank() && names.add(criterion.name()),
                    keys,
                    "name",
                    "must be a name of its own");
            for (String slot : List.of("{expected}", "{answer}")) {
                faults.require(criterion.prompt().contains(slot), keys, "prompt", "must have " + slot);
            }
            return criterion;
        });
        faults.require(!criteria.isEmpty(), section, "criteria", "must have at least one { name, prompt }");
        Verdict verdict = section.choice("verdict", Verdict.class);
        return new Judge(criteria, verdict, section.integer("tokens-max", 1, TOKENS_MAX));
    }

    private void judgeKinds(
            Score score, Optional<Judge> judge, Records records, Prompt prompt, Optional<Subtitles> subtitles) {
        faults.require(
                (score.kind() == Kind.JUDGED) == judge.isPresent(),
                root,
                "judge",
                "must be there for score.kind = judged, and for nothing else",
                "score.kind");
        faults.require(
                score.kind() == Kind.ACCURACY || records.expected().isPresent(),
                root.section("records"),
                "expected",
                "must say what is right, for score.kind = " + Words.of(score.kind()),
                "score.kind");
        faults.require(
                subtitles.isEmpty() || prompt.withSubtitles().contains("{subtitles}"),
                root.section("prompt"),
                "with-subtitles",
                "must have {subtitles}, as there is a group subtitles",
                "subtitles");
    }

    private Published published(ConfigReader keys, int index) {
        ConfigReader values = keys.section("values");
        Map<String, Double> numbers = new HashMap<>();
        values.names().forEach(metric -> numbers.put(metric, values.number(metric, Range.NOT_NEGATIVE)));
        return new Published(keys.text("model"), keys.text("table"), keys.integer("frames", 0, FRAMES_MAX), numbers);
    }

    /** A number that stands beside nothing would be lost without a word. */
    private void knownMetrics(Published row, Score score, Optional<Judge> judge, Records records) {
        Set<String> known = new HashSet<>(Set.of(EvaluationTaskSettings.OVERALL));
        if (score.kind() == Kind.CIRCULAR) {
            known.add(EvaluationTaskSettings.PLAIN);
        }
        judge.ifPresent(judged -> {
            judged.criteria().forEach(criterion -> known.add(criterion.name()));
            known.add(EvaluationTaskSettings.SCORE);
        });
        for (String metric : row.values().keySet()) {
            String group = metric.substring(0, Math.max(0, metric.indexOf('=')));
            if (!known.contains(metric) && !records.groups().containsKey(group)) {
                root.fault(
                        "paper",
                        "has a number for %s, which is measured nowhere; it knows %s and GROUP=MEMBER"
                                .formatted(
                                        metric,
                                        String.join(
                                                ", ", known.stream().sorted().toList())));
            }
        }
    }
}
