package io.longreel.runtime.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.longreel.curriculum.corpus.Medium;
import io.longreel.curriculum.media.MediumFacts;
import io.longreel.curriculum.survey.Piece;
import io.longreel.curriculum.survey.RecordView;
import io.longreel.curriculum.text.Turn;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A record as the model gets it, as lines for people, or as JSON. */
final class DataRecordText {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int CHARS_MAX = 2_000;
    private static final String GREEN = "\u001b[32m";
    private static final String PLAIN = "\u001b[0m";

    private final RecordView view;
    private final List<String> lines = new ArrayList<>();

    DataRecordText(RecordView view) {
        this.view = view;
    }

    /** @param coloured whether what is learned is green, instead of in brackets */
    List<String> lines(boolean coloured) {
        add("record", "%d of %s, as seen by %s".formatted(view.record(), view.dataset(), view.seenBy()));
        view.id().ifPresent(id -> add("id", id));
        view.media().forEach(facts -> add(kind(facts.medium()), line(facts)));
        for (Turn turn : view.turns()) {
            add(role(turn), cut(turn.text()));
        }
        view.counts()
                .ifPresent(counts -> add(
                        "tokens",
                        String.format(
                                Locale.ROOT,
                                "%,d of the context's %,d: %,d of text, %,d frames x %,d; %,d are learned",
                                counts.total(),
                                counts.contextTokensMax(),
                                counts.text(),
                                counts.frames(),
                                counts.tokensPerFrame(),
                                counts.learned())));
        view.fault().ifPresent(fault -> add("unusable", fault));
        if (!view.pieces().isEmpty()) {
            lines.add("");
            lines.add("as the model gets it, %s:".formatted(coloured ? "learned in green" : "learned in [[ ]]"));
            StringBuilder text = new StringBuilder();
            view.pieces().forEach(piece -> text.append(text(piece, coloured)));
            text.toString().lines().forEach(lines::add);
        }
        return lines;
    }

    private static String text(Piece piece, boolean coloured) {
        if (piece.frames() > 0) {
            return "<%d frame%s, %d tokens>".formatted(piece.frames(), piece.frames() == 1 ? "" : "s", piece.tokens());
        }
        if (!piece.learned()) {
            return cut(piece.text());
        }
        return (coloured ? GREEN : "[[") + cut(piece.text()) + (coloured ? PLAIN : "]]");
    }

    private static String cut(String text) {
        return text.length() <= CHARS_MAX
                ? text
                : text.substring(0, CHARS_MAX) + "... (%d more characters)".formatted(text.length() - CHARS_MAX);
    }

    private void add(String title, String text) {
        List<String> parts = text.lines().toList();
        lines.add("%-10s %s"
                .formatted(title, parts.isEmpty() ? "" : parts.getFirst())
                .stripTrailing());
        parts.stream().skip(1).forEach(part -> lines.add("%-10s %s".formatted("", part)));
    }

    private static String line(MediumFacts facts) {
        if (facts.fault().isPresent()) {
            return facts.medium().file() + ": unusable: " + facts.fault().get();
        }
        String what = facts.medium().kind() == Medium.Kind.IMAGE
                ? "%d tile%s".formatted(facts.shown(), facts.shown() == 1 ? "" : "s")
                : "%d frames%s, %d of them seen".formatted(facts.frames(), seconds(facts), facts.shown());
        return "%s%s: %d x %d, %s"
                .formatted(facts.medium().file(), member(facts.medium()), facts.width(), facts.height(), what);
    }

    private static String seconds(MediumFacts facts) {
        return facts.seconds() > 0 ? String.format(Locale.ROOT, " in %.1f s", facts.seconds()) : "";
    }

    private static String member(Medium medium) {
        return medium.length() == Medium.WHOLE_FILE
                ? ""
                : " (bytes %d to %d)".formatted(medium.offset(), medium.offset() + medium.length());
    }

    private static String kind(Medium medium) {
        if (medium.kind() == Medium.Kind.IMAGE) {
            return "image";
        }
        return Files.isDirectory(medium.file()) ? "frames" : "video";
    }

    private static String role(Turn turn) {
        return turn.role().name().toLowerCase(Locale.ROOT);
    }

    String json() {
        ObjectNode all = JSON.createObjectNode()
                .put("dataset", view.dataset())
                .put("record", view.record())
                .put("seenBy", view.seenBy());
        view.id().ifPresent(id -> all.put("id", id));
        ArrayNode media = all.putArray("media");
        for (MediumFacts facts : view.media()) {
            ObjectNode one = media.addObject()
                    .put("kind", kind(facts.medium()))
                    .put("path", facts.medium().file().toString())
                    .put("offset", facts.medium().offset())
                    .put("length", facts.medium().length())
                    .put("width", facts.width())
                    .put("height", facts.height())
                    .put("seconds", facts.seconds())
                    .put("frames", facts.frames())
                    .put("shown", facts.shown());
            facts.fault().ifPresent(fault -> one.put("fault", fault));
        }
        ArrayNode turns = all.putArray("turns");
        view.turns().forEach(turn -> turns.addObject().put("role", role(turn)).put("text", turn.text()));
        ArrayNode pieces = all.putArray("pieces");
        for (Piece piece : view.pieces()) {
            pieces.addObject()
                    .put("text", piece.text())
                    .put("frames", piece.frames())
                    .put("tokens", piece.tokens())
                    .put("learned", piece.learned());
        }
        view.counts()
                .ifPresent(counts -> all.putObject("tokens")
                        .put("total", counts.total())
                        .put("text", counts.text())
                        .put("frames", counts.frames())
                        .put("tokensPerFrame", counts.tokensPerFrame())
                        .put("learned", counts.learned())
                        .put("contextTokensMax", counts.contextTokensMax()));
        view.fault().ifPresent(fault -> all.put("fault", fault));
        return all.toString();
    }
}
