package io.longreel.curriculum.eval.task;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.longreel.config.EvaluationTaskSettings;
import io.longreel.config.EvaluationTaskSettings.Form;
import io.longreel.config.EvaluationTaskSettings.Join;
import io.longreel.config.EvaluationTaskSettings.Lookup;
import io.longreel.config.EvaluationTaskSettings.Records;
import io.longreel.config.RuntimeFailure;
import io.longreel.config.RuntimeFailure.Category;
import io.longreel.curriculum.eval.task.RecordRows.Entry;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Makes the items of a task of the records in a folder. One thread, one folder. */
final class TaskRecords {
    private static final Pattern LABEL = Pattern.compile("^\\s*\\(?([A-Z])[.):]\\s*");
    private static final Pattern LETTER = Pattern.compile("\\s*\\(?([A-Z])[.):]?\\s*");

    private final EvaluationTaskSettings task;
    private final Records records;
    private final Path data;
    private final Optional<ObjectNode> joined;

    private TaskRecords(EvaluationTaskSettings task, Path data) {
        this.task = task;
        this.records = task.records();
        this.data = data.toAbsolutePath().normalize();
        this.joined = records.join().map(join -> RecordRows.object(this.data.resolve(join.file())));
    }

    /**
     * All items, in the order of the files.
     *
     * @param limit most of them; 0 = no limit
     */
    static List<Item> load(EvaluationTaskSettings task, Path data, int limit) {
        TaskRecords reader = new TaskRecords(task, data);
        Map<String, Integer> ids = new HashMap<>();
        List<Item> items = new ArrayList<>();
        for (Path file : RecordRows.files(data, task.records().files())) {
            for (Entry entry : RecordRows.read(file)) {
                if (limit > 0 && items.size() == limit) {
                    return items;
                }
                reader.item(entry).ifPresent(item -> items.add(distinct(item, ids)));
            }
        }
        if (items.isEmpty()) {
            throw RuntimeFailure.data(
                    "an evaluation must have at least one record: data=%s task=%s".formatted(data, task.name()));
        }
        return items;
    }

    private static Item distinct(Item item, Map<String, Integer> ids) {
        int count = ids.merge(item.id(), 1, Integer::sum);
        return count == 1
                ? item
                : new Item(item.id() + "~" + count, item.groups(), item.circularGroup(), item.question(), item.fault());
    }

    private Optional<Item> item(Entry entry) {
        return switch (entry) {
            case Entry.Damaged damaged ->
                Optional.of(bare(damaged.place()).unusable(damaged.failure().getMessage()));
            case Entry.Read read -> item(read.row());
        };
    }

    /** Empty for a record that is no part of the task. */
    private Optional<Item> item(Row row) {
        if (joined.isPresent() && records.join().isPresent()) {
            Join join = records.join().get();
            JsonNode value = joined.get().path(fill(join.key(), row));
            if (value.isMissingNode() && join.only()) {
                return Optional.empty();
            }
            if (!value.isMissingNode()) {
                row.fields().set(join.field(), value);
            }
        }
        Item item = bare(row);
        try {
            Item.Question question = question(row);
            return Optional.of(new Item(item.id(), item.groups(), item.circularGroup(), Optional.of(question), ""));
        } catch (RuntimeFailure e) {
            if (e.category() != Category.DATA) {
                throw e;
            }
            return Optional.of(item.unusable(e.getMessage()));
        }
    }

    /** What can be said of a record even if it cannot be asked. */
    private Item bare(Row row) {
        Map<String, String> groups = new LinkedHashMap<>();
        records.groups().forEach((name, of) -> groups.put(name, known(of, row).orElse(Item.UNKNOWN)));
        String circular = task.score().circularGroup();
        return new Item(
                known(records.id(), row).orElse("%s %s".formatted(row.file().getFileName(), row.position())),
                groups,
                circular.isBlank() ? "" : known(circular, row).orElse(""),
                Optional.empty(),
                "");
    }

    private Optional<String> known(String template, Row row) {
        try {
            return Optional.of(fill(template, row));
        } catch (RuntimeFailure unknown) {
            return Optional.empty();
        }
    }

    private Item.Question question(Row row) {
        fill(records.id(), row);
        for (String group : records.groups().values()) {
            fill(group, row);
        }
        String text = fill(records.question(), row);
        List<String> options = options(row);
        Optional<String> expected = records.expected().map(of -> expected(row, of, options));
        return new Item.Question(row, text, options, expected, video(row));
    }

    String fill(String template, Row row) {
        return Template.fill(template, Map.of(), row, name -> field(name, row));
    }

    private Optional<String> field(String name, Row row) {
        return field(records, name, row);
    }

    /** A field of a record, or one that is looked up. */
    static Optional<String> field(Records records, String name, Row row) {
        Lookup lookup = records.derived().get(name);
        if (lookup == null) {
            return row.text(name);
        }
        String key = Template.fill(lookup.of(), Map.of(), row, row::text);
        String value = lookup.is().get(key);
        if (value == null) {
            throw row.damaged(
                    "%s must be known to the task (records.derived.%s), and is %s".formatted(lookup.of(), name, key));
        }
        return Optional.of(value);
    }

    private List<String> options(Row row) {
        List<String> options = new ArrayList<>();
        String list = records.options().list();
        if (!list.isBlank()) {
            JsonNode values = row.fields().path(list);
            if (!values.isArray() || values.isEmpty()) {
                throw row.damaged("field %s must be a list of options".formatted(list));
            }
            for (JsonNode value : values) {
                if (!value.isValueNode() || value.isNull()) {
                    throw row.damaged("field %s must be a list of texts or numbers".formatted(list));
                }
                options.add(value.asText());
            }
        }
        for (String column : records.options().columns()) {
            options.add(row.text(column)
                    .orElseThrow(() -> row.damaged("field %s must be there, and is not".formatted(column))));
        }
        if (options.size() > Letters.MAX) {
            throw row.damaged("must have at most %d options, and has %d".formatted(Letters.MAX, options.size()));
        }
        if (records.options().labelled()) {
            options.replaceAll(option -> LABEL.matcher(option).replaceFirst(""));
        }
        return options;
    }

    private String expected(Row row, EvaluationTaskSettings.Expected of, List<String> options) {
        String text = fill(of.of(), row);
        if (options.isEmpty()) {
            if (text.isBlank()) {
                throw row.damaged("%s must be an answer, and is blank".formatted(of.of()));
            }
            return text;
        }
        int index = of.is() == Form.LETTER ? letter(text) : of.is() == Form.INDEX ? number(text) : place(text, options);
        if (index < 0 || index >= options.size()) {
            throw row.damaged("%s must be %s of one of its %d options, and is %s"
                    .formatted(
                            of.of(),
                            of.is() == Form.LETTER ? "the letter" : of.is() == Form.INDEX ? "the index" : "the text",
                            options.size(),
                            text));
        }
        return Letters.of(index);
    }

    private static int letter(String text) {
        Matcher letter = LETTER.matcher(text);
        return letter.matches() ? Letters.index(letter.group(1)) : -1;
    }

    private static int number(String text) {
        try {
            return Integer.parseInt(text.strip());
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    private static int place(String text, List<String> options) {
        String wanted = LABEL.matcher(text).replaceFirst("").strip();
        for (int i = 0; i < options.size(); i++) {
            if (options.get(i).equals(text) || options.get(i).strip().equalsIgnoreCase(wanted)) {
                return i;
            }
        }
        return -1;
    }

    private Path video(Row row) {
        List<Path> tried = new ArrayList<>();
        for (String template : records.video()) {
            Path video = under(data, fill(template, row), row);
            if (Files.isRegularFile(video) || Files.isDirectory(video)) {
                return video;
            }
            tried.add(video);
        }
        throw row.damaged("video %s must exist, and does not%s"
                .formatted(
                        tried.getFirst(),
                        tried.size() == 1 ? "" : " (nor do %s)".formatted(tried.subList(1, tried.size()))));
    }

    /** A relative path stays inside the folder, so that a downloaded record cannot show a model what lies beside it. */
    static Path under(Path data, String path, Row row) {
        try {
            Path resolved = data.resolve(path).normalize();
            if (Path.of(path).isAbsolute() || resolved.startsWith(data)) {
                return resolved;
            }
        } catch (InvalidPathException e) {
            throw row.damaged("must name a path: \"%s\" is none".formatted(path));
        }
        throw row.damaged(
                "must name paths inside the data folder %s or absolute ones: %s leads out of it".formatted(data, path));
    }
}
