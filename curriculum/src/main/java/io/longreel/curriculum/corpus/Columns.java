package io.longreel.curriculum.corpus;

import io.longreel.config.DatasetSettings.Format;
import io.longreel.config.NearestKey;
import io.longreel.config.RuntimeFailure;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** What columnar files have in common: the same words for a column that is not there or holds something else. Pure. */
final class Columns {
    private Columns() {}

    static RuntimeFailure missing(String column, List<String> names, Path file) {
        String hint = NearestKey.to(column, names)
                .map("; did you mean %s?"::formatted)
                .orElse("");
        return Place.broken(
                file,
                "must have the column %s (key column of the dataset), and has %s%s".formatted(column, names, hint));
    }

    static RuntimeFailure wrongType(String column, Format format, String type, Path file) {
        String expected = format == Format.TEXT ? "strings" : "lists of 32 or 64-bit integers";
        return Place.broken(
                file,
                "column %s must hold %s for the format %s, and holds %s; name another column or format"
                        .formatted(column, expected, format.name().toLowerCase(Locale.ROOT), type));
    }

    /** A row without a value. */
    static DamagedRecord noValue(String column, Place place) {
        return place.damaged(
                "column %s must have a value, and is null; leave the row out by a subset".formatted(column));
    }
}
