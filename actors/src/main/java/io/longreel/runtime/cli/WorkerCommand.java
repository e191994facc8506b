package io.longreel.runtime.cli;

import io.longreel.config.TlsSettings;
import io.longreel.runtime.launch.HostPort;
import io.longreel.runtime.launch.ProcessLog;
import io.longreel.runtime.launch.StopSignals;
import io.longreel.runtime.launch.WorkerProcess;
import io.longreel.runtime.node.NodeEnd;
import io.longreel.runtime.rank.SpareTime;
import io.longreel.runtime.rank.WorkInstruments;
import io.longreel.runtime.serving.NodeWork;
import io.longreel.runtime.supervisor.RunEnd;
import io.longreel.runtime.trace.TraceInstruments;
import io.longreel.runtime.web.NodeHealth;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code worker --seed HOST:PORT}: one node of a job. It gets its configuration from the seed. */
@Command(
        name = "worker",
        description = "Joins a seed as one node of its job.",
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true)
final class WorkerCommand implements Callable<Integer> {
    @Spec
    private final CommandSpec spec = CommandSpec.create();

    @Option(names = "--seed", required = true, paramLabel = "HOST:PORT", description = "Address that the seed printed.")
    private String seed = "";

    @Option(
            names = "--node-id",
            paramLabel = "ID",
            description = "Name of this node; ranks are placed in the order of these names (default: made up).")
    private String nodeId = "";

    @Option(
            names = "--host",
            paramLabel = "ADDRESS",
            description = "Address of this machine for the others (default: the one that leads to the seed).")
    private String host = "";

    @Option(
            names = "--join-timeout",
            paramLabel = "SECONDS",
            defaultValue = "60",
            description = "How long to look for the seed (default: ${DEFAULT-VALUE}).")
    private int joinTimeoutSeconds;

    @Option(
            names = "--log",
            paramLabel = "FILE",
            description = "Log file (default: in the folder for temporary files).")
    private @Nullable Path log;

    @Option(
            names = "--health",
            paramLabel = "[ADDRESS:]PORT",
            description = "Answer GET /alive and /ready there (address by default: 127.0.0.1).")
    private @Nullable String healthAt;

    @Option(
            names = "--stay",
            description = "When the run is over, wait for SIGTERM: for whatever would start this process again.")
    private boolean stays;

    @ArgGroup(exclusive = false, heading = "To join a seed whose configuration has cluster.tls:%n")
    private @Nullable TlsOptions tls;

    @Option(names = "--forked", hidden = true, description = "Ends when stdin does.")
    private boolean forked;

    @Option(names = "--in-spare-time", hidden = true, description = "Gives way to other processes until it is needed.")
    private boolean inSpareTime;

    /** Files that this process opens to show who it is. */
    private static final class TlsOptions {
        @Option(names = "--tls-key-store", required = true, paramLabel = "FILE", description = "As tls.key-store.")
        private Path keyStore = Path.of("");

        @Option(names = "--tls-trust-store", required = true, paramLabel = "FILE", description = "As tls.trust-store.")
        private Path trustStore = Path.of("");

        @Option(
                names = "--tls-password-file",
                paramLabel = "FILE",
                description = "As tls.password-file (default: the variable LONGREEL_TLS_PASSWORD).")
        private @Nullable Path passwordFile;
    }

    private Optional<TlsSettings> tlsSettings() {
        return Optional.ofNullable(tls)
                .map(files ->
                        new TlsSettings(files.keyStore, files.trustStore, Optional.ofNullable(files.passwordFile)));
    }

    @Override
    public Integer call() {
        HostPort address = HostPort.parse(seed);
        Path file = log == null
                ? Path.of(
                        System.getProperty("java.io.tmpdir"),
                        "longreel-worker-%d.log"
                                .formatted(ProcessHandle.current().pid()))
                : log;
        ProcessLog.writeTo(file);
        SpareTime spareTime = inSpareTime ? SpareTime.begin() : SpareTime.none();
        if (!forked) {
            spec.commandLine().getOut().printf("joining %s; log: %s%n", address, file);
        }
        try (NodeHealth health = health()) {
            NodeEnd end = WorkerProcess.run(
                    new WorkerProcess.Options(
                            address,
                            nodeId,
                            host,
                            Duration.ofSeconds(joinTimeoutSeconds),
                            forked,
                            tlsSettings(),
                            health),
                    (system, clockNs) -> NodeWork.opener(
                            system,
                            config -> WorkInstruments.both(WorkInstruments.of(config), TraceInstruments.of(config)),
                            spareTime,
                            clockNs));
            int exitCode = RunOutcome.print(spec, new RunEnd(end.exitCode(), end.reason()));
            if (stays && exitCode == Main.OK) {
                StopSignals.await();
            }
            return exitCode;
        }
    }

    private NodeHealth health() {
        if (healthAt == null) {
            return NodeHealth.untold();
        }
        HostPort at = HostPort.parse(healthAt.contains(":") ? healthAt : "127.0.0.1:" + healthAt);
        return NodeHealth.listen(at.host(), at.port());
    }
}
