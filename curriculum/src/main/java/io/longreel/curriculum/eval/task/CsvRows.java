package io.longreel.curriculum.eval.task;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.longreel.config.RuntimeFailure;
import io.longreel.curriculum.eval.task.RecordRows.Entry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Comma-separated values with names in the first line, as RFC 4180 has them: quotes around what holds commas, quotes or line breaks. */
final class CsvRows {
    private static final String BYTE_ORDER_MARK = "\uFEFF";

    private final Path file;
    private final String text;
    private int at;
    private int line = 1;

    private CsvRows(Path file, String text) {
        this.file = file;
        this.text = text;
    }

    static List<Entry> read(Path file) throws IOException {
        String text = Files.readString(file);
        CsvRows rows = new CsvRows(file, text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text);
        List<Entry> entries = new ArrayList<>();
        if (rows.isAtEnd()) {
            throw RuntimeFailure.data(file + ": must have the names of its columns in the first line");
        }
        List<String> names = rows.next();
        while (!rows.isAtEnd()) {
            String position = "line " + rows.line;
            List<String> values = rows.next();
            if (values.size() == 1 && values.getFirst().isEmpty()) {
                continue;
            }
            entries.add(entry(file, position, entries.size(), names, values));
        }
        return entries;
    }

    private static Entry entry(Path file, String position, int index, List<String> names, List<String> values) {
        ObjectNode fields = RecordRows.JSON.createObjectNode();
        Row row = new Row(file, position, index, fields);
        if (values.size() != names.size()) {
            return new Entry.Damaged(
                    row,
                    row.damaged("must have %d values, as the first line has names, and has %d"
                            .formatted(names.size(), values.size())));
        }
        for (int i = 0; i < names.size(); i++) {
            fields.put(names.get(i), values.get(i));
        }
        return new Entry.Read(row);
    }

    private boolean isAtEnd() {
        return at >= text.length();
    }

    /** The values up to the end of a record, which is behind the line break. */
    private List<String> next() {
        List<String> values = new ArrayList<>();
        while (true) {
            values.add(!isAtEnd() && text.charAt(at) == '"' ? quoted() : plain());
            if (isAtEnd()) {
                return values;
            }
            char end = text.charAt(at++);
            if (end == ',') {
                continue;
            }
            if (end == '\r' && !isAtEnd() && text.charAt(at) == '\n') {
                at++;
            }
            line++;
            return values;
        }
    }

    private String plain() {
        int from = at;
        while (!isAtEnd() && ",\r\n".indexOf(text.charAt(at)) < 0) {
            at++;
        }
        return text.substring(from, at);
    }

    private String quoted() {
        StringBuilder value = new StringBuilder();
        int from = line;
        for (at++; !isAtEnd(); at++) {
            char next = text.charAt(at);
            if (next != '"') {
                line += next == '\n' ? 1 : 0;
                value.append(next);
            } else if (at + 1 < text.length() && text.charAt(at + 1) == '"') {
                value.append('"');
                at++;
            } else {
                at++;
                return value + plain();
            }
        }
        throw RuntimeFailure.data("%s line %d: a value begins with a quote that never ends".formatted(file, from));
    }
}
