package io.longreel.runtime.cli;

import io.longreel.config.RunConfig;
import io.longreel.config.RuntimeFailure;
import io.longreel.config.ServeSettings;
import io.longreel.curriculum.chat.ChatService;
import io.longreel.runtime.http.ChatServer;
import io.longreel.runtime.launch.StopSignals;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code serve}: questions over HTTP, as OpenAI's clients ask them. */
@Command(
        name = "serve",
        description = {
            "Answers questions over HTTP, as OpenAI's chat completions.",
            "Keys of longreel.serve and longreel.inference say what may be asked; bin/longreel config --explain shows them."
        },
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true)
final class ServeCommand implements Callable<Integer> {
    @Spec
    private final CommandSpec spec = CommandSpec.create();

    @Mixin
    private final ServiceOptions service = new ServiceOptions();

    @Option(names = "--host", paramLabel = "ADDRESS", description = "Address that is bound (default: 127.0.0.1).")
    private @Nullable String host;

    @Option(names = "--port", paramLabel = "N", description = "TCP port, 0 = any that is free (default: 8080).")
    private @Nullable Integer port;

    @Option(
            names = "--media-root",
            paramLabel = "DIR",
            description = "Folder below which requests may name files (default: none). Repeatable.")
    private List<Path> mediaRoots = List.of();

    @Option(
            names = "--api-key-file",
            paramLabel = "FILE",
            description = "File whose first line is the key that requests must show (default: none is needed).")
    private @Nullable Path apiKeyFile;

    @Override
    public Integer call() {
        RunConfig config = service.config(overrides());
        ServeSettings settings = config.serve();
        PrintWriter screen = spec.commandLine().getOut();
        CompletableFuture<Integer> stop = new CompletableFuture<>();
        StopSignals.handle(stop::complete);
        // Beside the job's own folder, which a new job replaces.
        Path out = config.out().toAbsolutePath().normalize();
        Path uploads = out.resolveSibling(out.getFileName() + "-media");
        try (ChatService model = service.open(config, settings.requestsMax(), screen, System::nanoTime);
                ChatServer server = ChatServer.open(settings, uploads, model, InstantSource.system())) {
            screen.printf("%s answers on %s%n", model.modelName(), server.base());
            screen.flush();
            var unused = model.broken().thenAccept(stop::completeExceptionally);
            return stop.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeFailure failure ? failure : e;
        }
    }

    private String[] overrides() {
        List<String> overrides = new ArrayList<>();
        if (host != null) {
            overrides.add("serve.host=" + host);
        }
        if (port != null) {
            overrides.add("serve.port=" + port);
        }
        if (!mediaRoots.isEmpty()) {
            overrides.add("serve.media.roots="
                    + mediaRoots.stream()
                            .map(root -> root.toAbsolutePath().normalize().toString())
                            .map(path -> "\"" + path.replace("\\", "\\\\").replace("\"", "\\\"") + "\"")
                            .collect(Collectors.joining(",", "[", "]")));
        }
        if (apiKeyFile != null) {
            overrides.add("serve.api-key-file=" + apiKeyFile.toAbsolutePath().normalize());
        }
        return overrides.toArray(String[]::new);
    }
}
