package io.longreel.curriculum.sft;

import io.longreel.config.RuntimeFailure;
import io.longreel.config.RuntimeFailure.Category;
import io.longreel.model.disk.DiskFailures;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.apache.pekko.actor.ClassicActorSystemProvider;
import org.apache.pekko.stream.KillSwitches;
import org.apache.pekko.stream.SharedKillSwitch;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.jspecify.annotations.Nullable;

/**
 * One build of a data set, from videos to files, as a stream:
 *
 * <pre>
 *   videos -> cut (decoding threads) -> clips -> caption (captioner) -> video whole? -> write (writer) -> dataset.jsonl
 * </pre>
 *
 * <p>Each arrow has backpressure, so that the clips of several videos are under way but never more than the settings allow, and order is kept:
 * the result does not depend on who answers first. Answers are kept as they come ({@link BuildStore}); a build that ends early, by
 * {@link #stop} or a failure, waits for the requests that are out and keeps theirs too.
 */
public final class SftBuild {
    private static final long FIRST_PAUSE_MS = 1_000;
    private static final long PAUSE_MS_MAX = 60_000;
    private static final int VIDEOS_AHEAD_MAX = 4;

    /** Time, chance and waiting. */
    public record Seams(InstantSource clock, RandomGenerator random, Pause pause) {}

    private final SftSettings settings;
    private final Prompts prompts;
    private final Seams seams;
    private final List<VideoFile> videos;
    private final Path media;
    private final BuildStore store;
    private final ExecutorService decoders;
    private final BuildProgress progress;
    private final PatientChat captionerChat;
    private final PatientChat writerChat;
    private final ClipCaptioner captioner;
    private final StoryWriter writer;
    private final long startedMs;
    private final SharedKillSwitch stopping = KillSwitches.shared("sft");
    /** By number, as futures have no equality. */
    private final Map<Long, CompletableFuture<?>> underWay = new HashMap<>();

    private long begunCount;
    private final Set<VideoJob> jobs = new HashSet<>();
    private boolean stopped;
    private boolean ended;

    private SftBuild(
            SftSettings settings,
            Prompts prompts,
            ChatModel captionerModel,
            ChatModel writerModel,
            Seams seams,
            SftListener listener) {
        this.settings = settings;
        this.prompts = prompts;
        this.seams = seams;
        this.startedMs = seams.clock().millis();
        this.videos = VideoFile.of(settings.sources());
        this.media = settings.media().map(SftBuild::real).orElseGet(() -> VideoFile.folderOf(videos));
        videos.forEach(video -> video.under(media)); // refused now rather than when everything is done
        this.store = BuildStore.open(settings.out());
        this.decoders = Executors.newFixedThreadPool(
                Math.min(settings.asking().parallel(), Runtime.getRuntime().availableProcessors()),
                Thread.ofPlatform().name("sft-decode-", 0).daemon().factory());
        this.progress = new BuildProgress(listener, videos.size());
        RequestPace pace =
                new RequestPace(seams.clock(), seams.pause(), settings.asking().requestsPerMinute());
        PatientChat.Patience patience =
                new PatientChat.Patience(settings.asking().attempts(), FIRST_PAUSE_MS, PAUSE_MS_MAX);
        this.captionerChat = new PatientChat(captionerModel, patience, pace, seams.pause(), seams.random());
        this.writerChat = new PatientChat(writerModel, patience, pace, seams.pause(), seams.random());
        this.captioner = new ClipCaptioner(captionerChat, prompts, settings, store, decoders);
        this.writer = new StoryWriter(writerChat, prompts, settings, store, captioner.ways());
    }

    /**
     * Starts a build; throws a {@link RuntimeFailure} when there is nothing to start with.
     *
     * @param captionerModel sees frames
     * @param writerModel reads captions; may be the same
     */
    public static Running start(
            SftSettings settings,
            Prompts prompts,
            ChatModel captionerModel,
            ChatModel writerModel,
            Seams seams,
            SftListener listener,
            ClassicActorSystemProvider system) {
        SftBuild build = new SftBuild(settings, prompts, captionerModel, writerModel, seams, listener);
        return new Running(build, build.run(system));
    }

    /** A build that was started. */
    public static final class Running {
        private final SftBuild build;
        private final CompletionStage<SftReport> report;

        private Running(SftBuild build, CompletionStage<SftReport> report) {
            this.build = build;
            this.report = report;
        }

        /**
         * Completes when all files are written. Fails with a {@link RuntimeFailure} when the build cannot go on or nothing has come of it, and with a
         * {@link CancellationException} when it was stopped.
         */
        public CompletionStage<SftReport> report() {
            return report;
        }

        /** Starts nothing new; the build ends when the requests that are out have been answered. From any thread, more than once. */
        public void stop() {
            build.stop();
        }
    }

    private CompletionStage<SftReport> run(ClassicActorSystemProvider system) {
        int ahead = Math.min(VIDEOS_AHEAD_MAX, Runtime.getRuntime().availableProcessors());
        int parallel = settings.asking().parallel();
        return Source.from(videos)
                .via(stopping.flow())
                .mapAsync(ahead, video -> begin(() -> CompletableFuture.supplyAsync(() -> cut(video), decoders)))
                .mapConcat(VideoJob::turns)
                .via(stopping.flow())
                .mapAsync(parallel, turn -> begin(() -> captioner.caption(turn, progress::captioned)))
                .filter(VideoJob.Turn::isLast)
                .mapAsync(parallel, turn -> begin(() -> write(turn.job())))
                .runWith(Sink.seq(), system)
                .handle(this::ending)
                .thenCompose(end -> end);
    }

    private void stop() {
        synchronized (this) {
            stopped = true;
        }
        // Outside: what this wakes may come back here from other threads.
        captionerChat.stop();
        writerChat.stop();
        stopping.shutdown();
    }

    /** Starts a piece of work, unless the stream has ended and only does not know yet. */
    private <T> CompletionStage<T> begin(Supplier<CompletionStage<T>> work) {
        CompletableFuture<T> begun = new CompletableFuture<>();
        long number;
        synchronized (this) {
            if (ended) {
                return CompletableFuture.failedFuture(new CancellationException("the build has ended"));
            }
            number = begunCount++;
            underWay.put(number, begun);
        }
        work.get().whenComplete((value, failure) -> {
            synchronized (this) {
                underWay.remove(number);
            }
            if (failure == null) {
                begun.complete(value);
            } else {
                begun.completeExceptionally(failure);
            }
        });
        return begun;
    }

    private VideoJob cut(VideoFile video) {
        VideoJob job =
                writer.known(video).map(known -> VideoJob.done(video, known)).orElseGet(() -> cutNew(video));
        synchronized (this) {
            jobs.add(job);
        }
        progress.cut(job);
        return job;
    }

    private CompletionStage<VideoResult> write(VideoJob job) {
        return writer.write(job).thenApply(result -> {
            synchronized (this) {
                jobs.remove(job);
            }
            progress.ended(result);
            return result;
        });
    }

    private VideoJob cutNew(VideoFile video) {
        try {
            return VideoJob.of(video, ClipCutter.cut(video.path(), settings.cutting()));
        } catch (RuntimeFailure e) {
            if (e.category() != Category.DATA) {
                throw e;
            }
            return VideoJob.failed(video, e.getMessage());
        }
    }

    /** The stream is over, the requests that it had sent out may not be. */
    private CompletionStage<SftReport> ending(@Nullable List<VideoResult> results, @Nullable Throwable failure) {
        CompletableFuture<Void> quiet;
        synchronized (this) {
            ended = true;
            quiet = CompletableFuture.allOf(underWay.values().toArray(CompletableFuture[]::new));
        }
        captionerChat.stop();
        writerChat.stop();
        return quiet.handle((done, alsoFailed) -> Boolean.TRUE)
                .thenApplyAsync(done -> finish(results, failure), decoders)
                .whenComplete((report, thrown) -> release());
    }

    private SftReport finish(@Nullable List<VideoResult> results, @Nullable Throwable failure) {
        Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
        if (cause instanceof RuntimeFailure known) {
            throw known;
        }
        synchronized (this) {
            if (stopped) {
                throw new CancellationException("the build was stopped");
            }
        }
        if (cause != null || results == null) {
            throw new CompletionException(cause);
        }
        return new BuildResults(settings, prompts, media, captionerChat, writerChat)
                .write(results, progress.clipsAsked(), seams.clock().millis() - startedMs);
    }

    private void release() {
        synchronized (this) {
            jobs.forEach(VideoJob::close);
        }
        store.close();
        decoders.shutdown();
    }

    private static Path real(Path folder) {
        try {
            return folder.toRealPath();
        } catch (IOException e) {
            throw DiskFailures.unreadable("the media folder must be there", folder, e);
        }
    }
}
