package io.longreel.runtime.logs;

import io.longreel.config.RuntimeFailure;
import io.longreel.runtime.logs.LogEntry.Level;
import java.time.Duration;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which entries somebody wants to see.
 *
 * @param rank of whatever process hosted it when the entry was written; entries of other ranks' threads are left out
 * @param process of this name only
 * @param least what matters less is left out; what has no level stays, as it is what a process says that cannot log any more
 * @param since what is older is left out
 */
public record LogFilter(OptionalInt rank, Optional<String> process, Level least, Optional<LocalDateTime> since) {
    private static final Pattern AGO = Pattern.compile("(\\d{1,9})(s|m|h|d)");
    private static final Pattern RANK_THREAD = Pattern.compile("longreel-rank-(\\d+)");

    /** Everything. */
    public static final LogFilter ALL =
            new LogFilter(OptionalInt.empty(), Optional.empty(), Level.TRACE, Optional.empty());

    boolean lets(LogEntry entry, RankHosts hosts) {
        return process.map(entry.process()::equals).orElse(true)
                && entry.level().map(level -> level.compareTo(least) >= 0).orElse(true)
                && since.map(start -> !entry.time().isBefore(start)).orElse(true)
                && (rank.isEmpty() || isOf(rank.getAsInt(), entry, hosts));
    }

    private static boolean isOf(int rank, LogEntry entry, RankHosts hosts) {
        if (!hosts.at(rank, entry.time()).equals(Optional.of(entry.process()))) {
            return false;
        }
        Matcher thread = RANK_THREAD.matcher(entry.thread().orElse(""));
        return !thread.matches() || thread.group(1).equals(Integer.toString(rank));
    }

    /**
     * A time as a user writes it: {@code 90s}, {@code 10m}, {@code 2h} or {@code 1d} ago, {@code 14:05[:30]} of today, or
     * {@code 2026-11-21[T14:05[:30]]}.
     *
     * @throws RuntimeFailure of category CONFIG when it is none of these
     */
    public static LocalDateTime time(String text, LocalDateTime now) {
        Matcher ago = AGO.matcher(text);
        if (ago.matches()) {
            String unit = ago.group(2).toUpperCase(Locale.ROOT);
            return now.minus(Duration.parse((unit.equals("D") ? "P" : "PT") + ago.group(1) + unit));
        }
        try {
            if (text.contains("-")) {
                String date = text.replace(' ', 'T');
                return date.contains("T")
                        ? LocalDateTime.parse(date)
                        : LocalDate.parse(date).atStartOfDay();
            }
            return LocalTime.parse(text).atDate(now.toLocalDate());
        } catch (DateTimeParseException e) {
            throw new RuntimeFailure(
                    RuntimeFailure.Category.CONFIG,
                    "--since takes a time ago (90s, 10m, 2h, 1d), of today (14:05) or with its day (2026-11-21T14:05), found '%s'"
                            .formatted(text),
                    e);
        }
    }
}
