package io.longreel.curriculum.eval.task;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hardwood.HardwoodContext;
import dev.hardwood.InputFile;
import dev.hardwood.reader.ParquetFileReader;
import dev.hardwood.reader.RowReader;
import dev.hardwood.row.PqList;
import dev.hardwood.schema.SchemaNode;
import io.longreel.config.RuntimeFailure;
import io.longreel.curriculum.eval.task.RecordRows.Entry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Rows of a Parquet file: texts, numbers and lists of them; columns of anything else are left out. */
final class ParquetRows {
    private ParquetRows() {}

    static List<Entry> read(Path file) {
        try (HardwoodContext decoders = HardwoodContext.create(1);
                ParquetFileReader reader = ParquetFileReader.open(InputFile.of(file), decoders);
                RowReader row = reader.rowReader()) {
            List<SchemaNode> columns = reader.getFileSchema().getRootNode().children();
            List<Entry> entries = new ArrayList<>();
            while (row.hasNext()) {
                row.next();
                String position = "row " + entries.size();
                entries.add(new Entry.Read(new Row(file, position, entries.size(), fields(columns, row))));
            }
            return entries;
        } catch (IOException | RuntimeException e) {
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            // Damaged bytes come out of the decoder as whatever they made it do.
            throw RuntimeFailure.data(
                    "%s: must be a Parquet file that can be decoded, and is not: %s".formatted(file, e.getMessage()));
        }
    }

    private static ObjectNode fields(List<SchemaNode> columns, RowReader row) {
        ObjectNode fields = RecordRows.JSON.createObjectNode();
        for (SchemaNode column : columns) {
            String name = column.name();
            switch (column) {
                case SchemaNode.GroupNode group -> {
                    if (group.isList()) {
                        if (row.isNull(name)) {
                            fields.putNull(name);
                        } else {
                            list(fields.putArray(name), row.getList(name));
                        }
                    }
                }
                case SchemaNode.PrimitiveNode primitive ->
                    put(fields, name, row.isNull(name) ? null : row.getValue(name));
            }
        }
        return fields;
    }

    private static void list(ArrayNode array, PqList list) {
        ObjectNode slot = JsonNodeFactory.instance.objectNode();
        for (int i = 0; i < list.size(); i++) {
            put(slot, "value", list.isNull(i) ? null : list.get(i));
            array.add(slot.path("value"));
        }
    }

    private static void put(ObjectNode fields, String name, @Nullable Object value) {
        if (value == null) {
            fields.putNull(name);
            return;
        }
        switch (value) {
            case byte[] bytes -> fields.put(name, new String(bytes, StandardCharsets.UTF_8));
            case Integer number -> fields.put(name, number);
            case Long number -> fields.put(name, number);
            case Double number -> fields.put(name, number);
            case Float number -> fields.put(name, number);
            case Boolean flag -> fields.put(name, flag);
            default -> fields.put(name, String.valueOf(value));
        }
    }
}
