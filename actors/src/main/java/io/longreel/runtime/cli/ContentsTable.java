package io.longreel.runtime.cli;

import io.longreel.model.ModelConfig;
import io.longreel.model.checkpoint.CheckpointContents;
import io.longreel.model.checkpoint.ModelContents;
import io.longreel.model.checkpoint.Provenance;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Contents of checkpoints and models as lines for people. */
final class ContentsTable {
    private static final int DIGEST_CHARS = 12;
    private static final List<String> KINDS = List.of("weight", "m", "v");

    private final List<String> lines = new ArrayList<>();

    private ContentsTable() {}

    /** @param withBoxes a line more for each part of a tensor */
    static List<String> of(CheckpointContents contents, boolean withBoxes) {
        ContentsTable table = new ContentsTable();
        table.facts(contents);
        table.tensors(contents, withBoxes);
        return table.lines;
    }

    static List<String> of(ModelContents contents) {
        ContentsTable table = new ContentsTable();
        table.facts(contents);
        int width = width(contents.tensors().stream()
                .map(ModelContents.StoredTensor::name)
                .toList());
        String row = "%-5s %-" + width + "s %-20s %14s  %s";
        table.add(row, "type", "tensor", "shape", "bytes", "file");
        for (ModelContents.StoredTensor tensor : contents.tensors()) {
            table.add(row, tensor.dtype(), tensor.name(), tensor.shape(), grouped(tensor.bytes()), tensor.file());
        }
        return table.lines;
    }

    private void facts(CheckpointContents contents) {
        add("checkpoint   %s", contents.directory());
        add("run          %s, seed %d", contents.run(), contents.seed());
        add(
                "position     stage %s, %d of its steps done; %d steps of the run done",
                contents.stage(), contents.step(), contents.globalStep());
        add("mesh         %s, any other can load it", contents.mesh());
        add("rope theta   %s, positions divided by %s", contents.ropeTheta(), contents.ropeScale());
        Provenance provenance = contents.provenance();
        if (provenance == null) {
            add("provenance   none: an older version wrote it");
        } else {
            provenance(provenance);
        }
        add("random state %s", contents.randomState());
        contents.counters().forEach((name, value) -> add("counter      %s = %d", name, value));
        for (String kind : KINDS) {
            long count = contents.tensors().stream()
                    .filter(tensor -> tensor.kind().equals(kind))
                    .count();
            add("%-12s %d tensors, %s bytes", kind, count, grouped(contents.bytesOf(kind)));
        }
        contents.slices()
                .forEach(slice -> add(
                        "slice        %s %s bytes, sha256 %s...",
                        slice.name(), grouped(slice.sizeBytes()), slice.sha256().substring(0, DIGEST_CHARS)));
        add("");
    }

    private void provenance(Provenance provenance) {
        add("written by   build %s, generation %d", provenance.build(), provenance.generation());
        add(
                "samples      %s consumed, %d steps left out, ledger %s...",
                grouped(provenance.ledger().samples()),
                provenance.ledger().skipped().size(),
                provenance.ledger().sha256().substring(0, DIGEST_CHARS));
        provenance
                .ledger()
                .skipped()
                .forEach(step -> add("left out     step %d of the run: %s", step.globalStep(), step.reason()));
    }

    private void tensors(CheckpointContents contents, boolean withBoxes) {
        int width = width(
                contents.tensors().stream().map(CheckpointContents.Vector::name).toList());
        String row = "%-6s %-" + width + "s %-20s %14s  %s";
        add(row, "kind", "tensor", "shape", "bytes", "slices");
        for (CheckpointContents.Vector tensor : contents.tensors()) {
            long slices = tensor.boxes().stream()
                    .map(CheckpointContents.Box::file)
                    .distinct()
                    .count();
            add(row, tensor.kind(), tensor.name(), tensor.shape(), grouped(tensor.bytes()), slices);
            if (withBoxes) {
                tensor.boxes()
                        .forEach(box -> add(
                                "       elements [%s, %s) in %s, %d blocks",
                                grouped(box.from()), grouped(box.to()), box.file(), box.blocks()));
            }
        }
    }

    private void facts(ModelContents contents) {
        ModelConfig config = contents.config();
        add("model        %s", contents.directory());
        add(
                "vision       %d layers, width %d, %d heads, images of %d pixels",
                config.vision().layers(),
                config.vision().hiddenSize(),
                config.vision().heads(),
                config.vision().imageSize());
        add("projector    %s", config.projectorType());
        add(
                "llm          %d layers, width %d, %d heads, %d kv heads, vocabulary %d, rope theta %s, scale %s",
                config.llm().layers(),
                config.llm().hiddenSize(),
                config.llm().heads(),
                config.llm().kvHeads(),
                config.llm().vocabularySize(),
                config.llm().ropeTheta(),
                config.llm().ropeScale());
        Map<String, Long> files = new LinkedHashMap<>();
        contents.tensors().forEach(tensor -> files.merge(tensor.file(), tensor.bytes(), Long::sum));
        files.forEach((file, bytes) -> add("file         %s, %s bytes of tensors", file, grouped(bytes)));
        add("parameters   %s", grouped(contents.parameters()));
        add("");
    }

    private static int width(List<String> names) {
        return Math.max(1, names.stream().mapToInt(String::length).max().orElse(1));
    }

    private void add(String format, Object... values) {
        lines.add(String.format(Locale.ROOT, format, values).stripTrailing());
    }

    private static String grouped(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }
}
