package io.longreel.peer;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.global.torch;

/** What a program prints: one JSON object, with what PyTorch says of itself at its end. */
final class Report {
    private final Map<String, String> fields = new LinkedHashMap<>();

    Report text(String name, String value) {
        fields.put(name, quote(value));
        return this;
    }

    Report number(String name, long value) {
        fields.put(name, Long.toString(value));
        return this;
    }

    Report number(String name, double value) {
        fields.put(name, String.format(Locale.ROOT, "%.6g", value));
        return this;
    }

    /** The medians of what was measured, in seconds. */
    Report seconds(String name, List<Long> nanos) {
        return number(name, median(nanos) / 1e9);
    }

    static double median(List<Long> values) {
        long[] sorted = values.stream().mapToLong(Long::longValue).sorted().toArray();
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2.0;
    }

    Report torchItself() {
        String configuration = torch.show_config().getString();
        return number("peakBytes", peakBytes())
                .number("threads", torch.get_num_threads())
                .text("torch", configuration.replaceAll("(?s).*TORCH_VERSION=([^,]*),.*", "$1"))
                .text("cpuCapability", torch.get_cpu_capability().getString())
                .text("blas", Blas.inUse())
                .text("hasMkl", Boolean.toString(torch.hasMKL()))
                .text("hasMkldnn", Boolean.toString(torch.hasMKLDNN()))
                .text("configuration", configuration);
    }

    /** The most memory that the process has held, which counts the JVM's, too. */
    private static long peakBytes() {
        try {
            return Files.readAllLines(Path.of("/proc/self/status")).stream()
                    .filter(line -> line.startsWith("VmHWM:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
                    .findFirst()
                    .orElse(-1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String quote(String value) {
        return '"'
                + value.replace("\\", "\\\\")
                        .replace("\"", "\\\"")
                        .replace("\n", "\\n")
                        .replace("\t", "\\t")
                + '"';
    }

    @Override
    public String toString() {
        return fields.entrySet().stream()
                .map(field -> quote(field.getKey()) + ": " + field.getValue())
                .collect(Collectors.joining(", ", "{", "}"));
    }
}
