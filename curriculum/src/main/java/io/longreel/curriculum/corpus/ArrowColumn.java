package io.longreel.curriculum.corpus;

import io.longreel.config.DatasetSettings.Format;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.flatbuf.Endianness;
import org.apache.arrow.flatbuf.Field;
import org.apache.arrow.flatbuf.FixedSizeList;
import org.apache.arrow.flatbuf.Int;
import org.apache.arrow.flatbuf.Schema;
import org.apache.arrow.flatbuf.Type;

/**
 * The wanted column of an Arrow schema, and which of a record batch's nodes and buffers are its own: those of all columns lie one after the
 * other, depth first. Pure.
 *
 * @param listSize elements of every row where the type fixes it, otherwise 0
 * @param elementBytes of one token id; 1 for text
 * @param signed whether the element type has a sign
 * @param node the column's own; its element has the next one
 * @param buffer the column's first
 */
record ArrowColumn(String name, Kind kind, int listSize, int elementBytes, boolean signed, int node, int buffer) {
    /** How rows lie in the buffers. */
    enum Kind {
        /** Validity, 32-bit offsets, bytes. */
        TEXT(Integer.BYTES),
        /** Validity, 64-bit offsets, bytes. */
        LARGE_TEXT(Long.BYTES),
        /** Validity, 32-bit offsets; then the elements' validity and values. */
        LIST(Integer.BYTES),
        /** Validity, 64-bit offsets; then the elements' validity and values. */
        LARGE_LIST(Long.BYTES),
        /** Validity; then the elements' validity and values. */
        FIXED_LIST(0);

        private final int offsetBytes;

        Kind(int offsetBytes) {
            this.offsetBytes = offsetBytes;
        }

        int offsetBytes() {
            return offsetBytes;
        }

        boolean isText() {
            return this == TEXT || this == LARGE_TEXT;
        }
    }

    /** Which of the column's buffers has the values. */
    int valuesBuffer() {
        return switch (kind) {
            case TEXT, LARGE_TEXT -> buffer + 2;
            case FIXED_LIST -> buffer + 2;
            case LIST, LARGE_LIST -> buffer + 3;
        };
    }

    static ArrowColumn find(Schema schema, String name, Format format, Path file) {
        if (schema.endianness() != Endianness.Little) {
            throw Place.broken(file, "must be little-endian, as all usual machines write it; write it again there");
        }
        int node = 0;
        int buffer = 0;
        List<String> names = new ArrayList<>();
        for (int i = 0; i < schema.fieldsLength(); i++) {
            Field field = schema.fields(i);
            if (field.name().equals(name)) {
                return of(field, format, node, buffer, file);
            }
            names.add(field.name());
            node += nodes(field);
            buffer += buffers(field, name, file);
        }
        throw Columns.missing(name, names, file);
    }

    private static ArrowColumn of(Field field, Format format, int node, int buffer, Path file) {
        int type = field.typeType();
        if (field.dictionary() == null && format == Format.TEXT && (type == Type.Utf8 || type == Type.LargeUtf8)) {
            Kind kind = type == Type.Utf8 ? Kind.TEXT : Kind.LARGE_TEXT;
            return new ArrowColumn(field.name(), kind, 0, 1, false, node, buffer);
        }
        boolean isList = type == Type.List || type == Type.LargeList || type == Type.FixedSizeList;
        if (field.dictionary() == null && format == Format.TOKENS && isList) {
            Field element = field.children(0);
            if (element.dictionary() == null && element.typeType() == Type.Int) {
                return ofList(field, element, node, buffer);
            }
        }
        throw Columns.wrongType(field.name(), format, Type.name(type), file);
    }

    private static ArrowColumn ofList(Field field, Field element, int node, int buffer) {
        Int type = (Int) element.type(new Int());
        int listSize = 0;
        Kind kind = field.typeType() == Type.List ? Kind.LIST : Kind.LARGE_LIST;
        if (field.typeType() == Type.FixedSizeList) {
            kind = Kind.FIXED_LIST;
            listSize = ((FixedSizeList) field.type(new FixedSizeList())).listSize();
        }
        int bits = type.bitWidth();
        if (listSize < 0 || bits < Byte.SIZE || bits > Long.SIZE || Integer.bitCount(bits) != 1) {
            throw new IllegalArgumentException("listSize=%d bits=%d".formatted(listSize, bits));
        }
        return new ArrowColumn(field.name(), kind, listSize, bits / Byte.SIZE, type.isSigned(), node, buffer);
    }

    /** Nodes of a column in front of ours. */
    private static int nodes(Field field) {
        int nodes = 1;
        for (int i = 0; field.dictionary() == null && i < field.childrenLength(); i++) {
            nodes += nodes(field.children(i));
        }
        return nodes;
    }

    /** Buffers of a column in front of ours. */
    private static int buffers(Field field, String wanted, Path file) {
        if (field.dictionary() != null) {
            return 2;
        }
        int buffers = switch (field.typeType()) {
            case Type.Null, Type.RunEndEncoded -> 0;
            case Type.Struct_, Type.FixedSizeList -> 1;
            case Type.Int,
                    Type.FloatingPoint,
                    Type.Bool,
                    Type.Decimal,
                    Type.Date,
                    Type.Time,
                    Type.Timestamp,
                    Type.Interval,
                    Type.Duration,
                    Type.FixedSizeBinary,
                    Type.List,
                    Type.LargeList,
                    Type.Map -> 2;
            case Type.Utf8, Type.Binary, Type.LargeUtf8, Type.LargeBinary -> 3;
            // Unions changed their buffers between versions, views have a varying number of them.
            default ->
                throw Place.broken(
                        file,
                        "columns in front of %s must not be unions or views, and %s is of type %s; write the file with the column %s only"
                                .formatted(wanted, field.name(), Type.name(field.typeType()), wanted));
        };
        for (int i = 0; i < field.childrenLength(); i++) {
            buffers += buffers(field.children(i), wanted, file);
        }
        return buffers;
    }
}
