package io.longreel.runtime.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.longreel.config.RuntimeFailure;
import io.longreel.runtime.launch.JvmCommand;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A measurement in a process of its own, so that none is warmed or fattened by another. Stateless. */
final class BenchProcess {
    private static final ObjectMapper JSON = new ObjectMapper();

    private BenchProcess() {}

    /**
     * What {@code bench} measures and prints as JSON.
     *
     * @param arguments those behind {@code bench}, one blank between two
     */
    static JsonNode measured(String arguments) {
        List<String> words = new ArrayList<>(List.of("bench"));
        words.addAll(List.of(arguments.split(" ")));
        words.add("--json");
        return measured(JvmCommand.program(words), "bench " + arguments);
    }

    /**
     * What PyTorch takes for the same work.
     *
     * @param arguments those behind {@code docs/peer/run}, one blank between two
     */
    static JsonNode measuredByPyTorch(String arguments) {
        Path program = Path.of(System.getProperty("longreel.home", "")).resolve("docs/peer/run");
        if (!Files.isExecutable(program)) {
            throw RuntimeFailure.config("there is no %s to measure PyTorch with; it comes with the sources"
                    .formatted(program.toAbsolutePath()));
        }
        List<String> words = new ArrayList<>(List.of(program.toString()));
        words.addAll(List.of(arguments.split(" ")));
        return measured(words, "docs/peer/run " + arguments);
    }

    private static JsonNode measured(List<String> command, String arguments) {
        try {
            Process process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            process.getOutputStream().close();
            String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            int exitCode = process.waitFor();
            if (exitCode != Main.OK) {
                throw failed(arguments, "it ended with exit code " + exitCode, null);
            }
            return JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw failed(arguments, "it printed no JSON", e);
        } catch (IOException e) {
            throw failed(arguments, String.valueOf(e.getMessage()), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw failed(arguments, "interrupted", e);
        }
    }

    /** Of a step or of attention. */
    static double seconds(JsonNode result) {
        return result.path("stepSeconds").asDouble(result.path("seconds").asDouble());
    }

    private static RuntimeFailure failed(String arguments, String why, @Nullable Throwable cause) {
        return new RuntimeFailure(
                RuntimeFailure.Category.FATAL,
                "\"%s\" could not be measured: %s; call it alone to see why".formatted(arguments, why),
                cause);
    }
}
