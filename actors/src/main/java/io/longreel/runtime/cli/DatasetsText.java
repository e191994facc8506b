package io.longreel.runtime.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.longreel.config.DatasetSettings;
import io.longreel.curriculum.survey.DatasetFacts;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The datasets of a configuration as lines for people, or as JSON. */
final class DatasetsText {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int FILES_SHOWN = 4;

    private final List<DatasetFacts> datasets;

    DatasetsText(List<DatasetFacts> datasets) {
        this.datasets = datasets;
    }

    List<String> lines() {
        List<String> lines = new ArrayList<>();
        int width = datasets.stream()
                .mapToInt(facts -> facts.spec().name().length())
                .reduce(7, Math::max);
        String row = "%-" + width + "s  %s";
        for (DatasetFacts facts : datasets) {
            DatasetSettings spec = facts.spec();
            lines.add(row.formatted(
                    spec.name(),
                    "%s, %s in %s"
                            .formatted(
                                    format(spec),
                                    counted(facts.records(), "record"),
                                    counted(spec.files().size(), "file"))));
            List<Path> files = spec.files();
            files.stream().limit(FILES_SHOWN).forEach(file -> lines.add(row.formatted("file", file)));
            if (files.size() > FILES_SHOWN) {
                lines.add(row.formatted("", "... and %d more".formatted(files.size() - FILES_SHOWN)));
            }
            spec.media().ifPresent(folder -> lines.add(row.formatted("media", folder)));
            facts.subsets()
                    .forEach((name, records) -> lines.add(row.formatted(
                            "subset", "%s@%s, %s".formatted(spec.name(), name, counted(records, "record")))));
            for (DatasetFacts.Use use : facts.uses()) {
                lines.add(row.formatted(
                        "used by",
                        String.format(
                                Locale.ROOT,
                                "stage %s, phase %s: %s has %,d of the %,d entries of an epoch of \"%s\"",
                                use.stage(),
                                use.phase(),
                                use.term(),
                                use.entries(),
                                use.epochEntries(),
                                use.mixture())));
            }
            if (facts.uses().isEmpty()) {
                lines.add(row.formatted("used by", "no stage"));
            }
            lines.add("");
        }
        return lines.subList(0, lines.size() - 1);
    }

    String json() {
        ObjectNode all = JSON.createObjectNode();
        ArrayNode list = all.putArray("datasets");
        for (DatasetFacts facts : datasets) {
            DatasetSettings spec = facts.spec();
            ObjectNode one = list.addObject()
                    .put("name", spec.name())
                    .put("format", format(spec))
                    .put("records", facts.records());
            ArrayNode files = one.putArray("files");
            spec.files().forEach(file -> files.add(file.toString()));
            spec.media().ifPresent(folder -> one.put("media", folder.toString()));
            ObjectNode subsets = one.putObject("subsets");
            facts.subsets().forEach(subsets::put);
            ArrayNode uses = one.putArray("uses");
            for (DatasetFacts.Use use : facts.uses()) {
                uses.addObject()
                        .put("stage", use.stage())
                        .put("phase", use.phase())
                        .put("mixture", use.mixture())
                        .put("term", use.term())
                        .put("entries", use.entries())
                        .put("epochEntries", use.epochEntries());
            }
        }
        return all.toString();
    }

    private static String format(DatasetSettings spec) {
        return spec.format().name().toLowerCase(Locale.ROOT);
    }

    private static String counted(int count, String what) {
        return String.format(Locale.ROOT, "%,d %s%s", count, what, count == 1 ? "" : "s");
    }
}
