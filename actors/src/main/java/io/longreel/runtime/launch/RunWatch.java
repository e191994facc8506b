package io.longreel.runtime.launch;

import io.longreel.config.RunConfig;
import io.longreel.config.RuntimeFailure;
import io.longreel.model.disk.Disk;
import io.longreel.runtime.metrics.StepWork;
import io.longreel.runtime.metrics.TensorBoardLog;
import io.longreel.runtime.protocol.SupervisorCommand;
import io.longreel.runtime.protocol.SupervisorCommand.ControlAsked;
import io.longreel.runtime.supervisor.RunNews;
import io.longreel.runtime.web.RunBoard;
import io.longreel.runtime.web.RunServer;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.ActorRef;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What watches a run besides the terminal: TensorBoard's files, and the server for browsers and Prometheus. It never stops a run: what cannot be
 * written or bound is said in the log and left out. News come from the recorder's thread; whoever hosts the supervisor closes it.
 */
final class RunWatch implements Consumer<RunNews>, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RunWatch.class);
    private static final int TOKEN_BYTES = 16;

    private final RunBoard board;
    private final TensorBoardLog curves;
    private final Optional<RunServer> server;
    private final Path addressFile;
    private final InstantSource clock;

    private RunWatch(
            RunBoard board, TensorBoardLog curves, Optional<RunServer> server, Path addressFile, InstantSource clock) {
        this.board = board;
        this.curves = curves;
        this.server = server;
        this.addressFile = addressFile;
        address().ifPresent(address -> address.write(addressFile));
        this.clock = clock;
    }

    /**
     * Watches from now on.
     *
     * @param tokensPerFrame of the run's model
     * @param work what steps compute
     * @param globalStep committed steps of the run
     */
    static RunWatch open(
            RunConfig config,
            int tokensPerFrame,
            StepWork work,
            RunDirectory directory,
            long globalStep,
            InstantSource clock) {
        RunBoard board = new RunBoard(config, tokensPerFrame, work, clock);
        return new RunWatch(
                board,
                TensorBoardLog.begin(Disk.system(), directory.tensorBoardFolder(), globalStep, clock.instant()),
                config.dashboard().isOn() ? serve(config, board) : Optional.empty(),
                directory.addressFile(),
                clock);
    }

    private static Optional<RunServer> serve(RunConfig config, RunBoard board) {
        try {
            byte[] token = new byte[TOKEN_BYTES];
            new SecureRandom().nextBytes(token);
            return Optional.of(
                    RunServer.open(config.dashboard(), board, HexFormat.of().formatHex(token)));
        } catch (RuntimeFailure failure) {
            LOG.warn("board.not-served: {}", failure.getMessage());
            return Optional.empty();
        }
    }

    /** Where it can be seen. */
    Optional<BoardAddress> address() {
        return server.map(BoardAddress::of);
    }

    /** Orders go to this supervisor from now on. */
    void controls(ActorRef<SupervisorCommand> supervisor) {
        server.ifPresent(
                open -> open.controls((control, answer) -> supervisor.tell(new ControlAsked(control, answer))));
    }

    /** News for both. */
    Consumer<RunNews> before(Consumer<RunNews> next) {
        return news -> {
            accept(news);
            next.accept(news);
        };
    }

    @Override
    public void accept(RunNews news) {
        board.accept(news);
        if (news instanceof RunNews.StepCommitted committed) {
            curves.add(committed.step().position().globalStep(), board.reading(), clock.instant());
        }
    }

    @Override
    public void close() {
        board.close();
        address().ifPresent(address -> address.remove(addressFile));
        server.ifPresent(RunServer::close);
        curves.close();
    }
}
