package io.longreel.curriculum.engine;

import io.longreel.config.RuntimeFailure;
import io.longreel.curriculum.chat.AnswerListener;
import io.longreel.curriculum.chat.ChatAnswer;
import io.longreel.curriculum.chat.ChatQuestion;
import io.longreel.curriculum.chat.ChatService;
import io.longreel.curriculum.chat.Prompt;
import io.longreel.curriculum.chat.PromptEncoder;
import io.longreel.curriculum.chat.PromptTooLong;
import io.longreel.curriculum.chat.ServiceFacts;
import io.longreel.model.ModelConfig;
import io.longreel.model.shard.Span;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers questions with a model on a mesh of ranks, many at a time. One thread decides what the ranks do next, turns tokens into text, and tells the listeners; whoever asks
 * turns his question into tokens himself. When ranks are lost, answers pause and go on where they were.
 */
public final class ChatEngine implements ChatService {
    private static final Logger LOG = LoggerFactory.getLogger(ChatEngine.class);

    private final String name;
    private final PromptEncoder encoder;
    private final EngineMesh mesh;
    private final EngineLimits limits;
    private final int ringDegree;
    private final LongSupplier clockNs;
    private final Scheduler scheduler;
    private final BlockingQueue<Runnable> events = new LinkedBlockingQueue<>();
    private final Map<Long, Conversation> open = new HashMap<>();
    private final AtomicLong nextId = new AtomicLong(1);
    private final AtomicInteger openCount = new AtomicInteger();
    private final Thread thread;
    private boolean isTicking;
    private boolean isOver;
    private final CompletableFuture<RuntimeFailure> broken = new CompletableFuture<>();
    private volatile @Nullable RuntimeFailure failure;
    /** Nobody but {@link #drain} looks at events any more. */
    private volatile boolean isEnded;

    private volatile ServiceFacts facts;

    private ChatEngine(
            String name,
            PromptEncoder encoder,
            EngineMesh mesh,
            EngineLimits limits,
            int ringDegree,
            LongSupplier clockNs) {
        this.name = name;
        this.encoder = encoder;
        this.mesh = mesh;
        this.limits = limits;
        this.ringDegree = ringDegree;
        this.clockNs = clockNs;
        this.scheduler = new Scheduler(
                limits, encoder.model().imageToken(), encoder.model().tokensPerFrame());
        this.facts = new ServiceFacts(0, false, 0, 0, limits.cachePages(), 0);
        this.thread = Thread.ofPlatform().daemon().name("longreel-engine").unstarted(this::loop);
    }

    /**
     * Takes encoder and mesh over.
     *
     * @param ringDegree of the mesh as it should be
     */
    public static ChatEngine start(
            String name,
            PromptEncoder encoder,
            EngineMesh mesh,
            EngineLimits limits,
            int ringDegree,
            LongSupplier clockNs) {
        ChatEngine engine = new ChatEngine(name, encoder, mesh, limits, ringDegree, clockNs);
        engine.thread.start();
        mesh.start(engine.new MeshEvents());
        return engine;
    }

    @Override
    public String modelName() {
        return name;
    }

    /** Those that have been asked and that this engine's thread has not heard of yet are open, too. */
    @Override
    public Optional<ServiceFacts> facts() {
        ServiceFacts last = facts;
        return Optional.of(new ServiceFacts(
                last.generation(), last.isUp(), openCount.get(), last.answering(), last.pages(), last.busyPages()));
    }

    @Override
    public Answering ask(ChatQuestion question, AnswerListener listener) {
        requireUp();
        int most = limits.answersMax() + limits.waitingMax();
        if (openCount.incrementAndGet() > most) {
            openCount.decrementAndGet();
            throw new Busy("%d questions are being answered or wait: try again later".formatted(most));
        }
        try {
            Conversation conversation = understand(question, listener);
            add(() -> submit(conversation));
            return () -> add(() -> cancel(conversation));
        } catch (RuntimeException e) {
            openCount.decrementAndGet();
            throw e;
        }
    }

    private void requireUp() {
        RuntimeFailure lasting = failure;
        if (lasting != null) {
            throw lasting;
        }
    }

    private Conversation understand(ChatQuestion question, AnswerListener listener) {
        long startNs = clockNs.getAsLong();
        ModelConfig model = encoder.model();
        Prompt prompt = encoder.encode(question);
        int tokens = Math.toIntExact(prompt.tokens(model.tokensPerFrame()));
        int room = model.llm().maxPositions() - tokens;
        EngineRequest request = new EngineRequest(
                Arrays.stream(prompt.ids()).boxed().toList(),
                prompt.media(),
                question.sampling(),
                Math.min(question.newTokensMax(), Math.max(1, room)),
                endsOf(prompt));
        requireMessage(request);
        requireCache(scheduler.pagesFor(request, ringDegree), tokens);
        List<String> stops = new ArrayList<>(prompt.stopTexts());
        stops.addAll(question.stops());
        return new Conversation(
                nextId.getAndIncrement(),
                request,
                items(prompt),
                tokens,
                encoder.tokenizer(),
                stops,
                listener,
                startNs);
    }

    /** A model that says the marker of a frame has nothing to say: an answer that went on behind it could not be read again, as no frame belongs to it. */
    private List<Integer> endsOf(Prompt prompt) {
        return IntStream.concat(
                        Arrays.stream(prompt.stopIds()),
                        IntStream.of(encoder.model().imageToken()))
                .boxed()
                .toList();
    }

    private static void requireMessage(EngineRequest request) {
        int ids = request.ids().size();
        if (ids > EngineRequest.IDS_MAX - request.newTokensMax()) {
            throw new PromptTooLong(
                    "the question has %d tokens of text and frames, and its answer may have %d: together they must be at most %d; shorten it"
                            .formatted(ids, request.newTokensMax(), EngineRequest.IDS_MAX));
        }
    }

    private void requireCache(int pages, int tokens) {
        if (pages > limits.cachePages()) {
            throw new PromptTooLong(
                    "the question has %d tokens, a longer context than the ranks have room for: its keys and values take %d pages of each rank's cache, and there are %d; raise longreel.inference.cache, use more ring ranks, or take fewer frames"
                            .formatted(tokens, pages, limits.cachePages()));
        }
    }

    /** What each id stands for: frames have keys, beyond all ids. */
    private long[] items(Prompt prompt) {
        long[] items = Arrays.stream(prompt.ids()).asLongStream().toArray();
        int frame = 0;
        for (Span span : prompt.spans()) {
            for (int i = span.from(); i < span.to(); i++) {
                if (prompt.ids()[i] == encoder.model().imageToken()) {
                    items[i] = prompt.frames().key(frame++);
                }
            }
        }
        return items;
    }

    private void loop() {
        try {
            while (!isOver) {
                events.take().run();
                // All that has happened counts before the ranks are told anything.
                for (Runnable event = events.poll(); event != null && !isOver; event = events.poll()) {
                    event.run();
                }
                tick();
                publish();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException | Error e) { // a bug: nobody must wait for an answer that never comes
            LOG.error("engine.failed", e);
            fail(new RuntimeFailure(RuntimeFailure.Category.FATAL, "the engine failed: " + e, e));
        } finally {
            isEnded = true;
            drain();
        }
    }

    /** The loop has ended: who came too late hears so. */
    private synchronized void drain() {
        for (Runnable event = events.poll(); event != null; event = events.poll()) {
            event.run();
        }
    }

    private void add(Runnable event) {
        events.add(event);
        if (isEnded) {
            drain();
        }
    }

    private void publish() {
        facts = new ServiceFacts(
                scheduler.incarnation(),
                scheduler.isUp(),
                open.size(),
                scheduler.answering(),
                limits.cachePages(),
                scheduler.busyPages());
    }

    private void tick() {
        if (!isTicking && !isOver) {
            scheduler.next().ifPresent(next -> {
                isTicking = true;
                mesh.run(next);
            });
            for (long id : scheduler.takeImpossible()) {
                Conversation conversation = conversation(id);
                forget(conversation);
                conversation.failed(new RuntimeFailure(
                        RuntimeFailure.Category.RETRYABLE,
                        "the ranks that are there have no room for this question; ask again later, or a shorter one"));
            }
        }
    }

    private void submit(Conversation conversation) {
        RuntimeFailure lasting = failure;
        if (lasting != null) {
            openCount.decrementAndGet();
            conversation.failed(lasting);
            return;
        }
        open.put(conversation.id(), conversation);
        scheduler.submit(conversation.id(), conversation.request(), conversation.items());
    }

    private void cancel(Conversation conversation) {
        if (open.containsKey(conversation.id())) {
            close(conversation, ChatAnswer.End.CANCELLED);
        }
    }

    /** An answer ends before its tokens say so. While a tick is in flight the ranks may add to it what nobody reads. */
    private void close(Conversation conversation, ChatAnswer.End end) {
        if (isTicking) {
            conversation.close(end, clockNs.getAsLong());
            conversation.awaitsTick();
        } else {
            scheduler.finish(conversation.id());
            forget(conversation);
            conversation.close(end, clockNs.getAsLong());
        }
    }

    /** Before anybody is told of its end: who then looks must not find it open. */
    private void forget(Conversation conversation) {
        open.remove(conversation.id());
        openCount.decrementAndGet();
        publish();
    }

    private void done(TickResult result) {
        isTicking = false;
        if (!result.kept().isEmpty()) {
            LOG.info(
                    "engine.recalled sequences={}: their keys and values were somewhere",
                    result.kept().size());
        }
        for (TickResult.Unreadable unreadable : result.unreadable()) {
            long id = scheduler.requestOf(unreadable.sequence());
            scheduler.drop(id);
            Conversation conversation = conversation(id);
            forget(conversation);
            conversation.failed(RuntimeFailure.data(unreadable.reason()));
        }
        for (Scheduler.Progress progress : scheduler.done(result)) {
            Conversation conversation = conversation(progress.request());
            conversation.add(progress.tokens(), progress.cachedTokens(), clockNs.getAsLong());
            if (progress.isOver()) {
                forget(conversation);
                conversation.finish(clockNs.getAsLong());
            } else if (conversation.isStopped()) {
                close(conversation, ChatAnswer.End.STOP);
            }
        }
        letGo();
    }

    /** Those that were closed while the ranks worked on them. */
    private void letGo() {
        List<Conversation> closed =
                open.values().stream().filter(Conversation::isAwaitingTick).toList();
        for (Conversation conversation : closed) {
            scheduler.finish(conversation.id());
            forget(conversation);
        }
    }

    private void lost(String reason) {
        LOG.info("engine.mesh-lost reason=\"{}\"", reason);
        boolean wasTicking = isTicking;
        isTicking = false;
        List<Long> suspects = scheduler.meshIsLost(wasTicking);
        letGo();
        for (long id : suspects) {
            Conversation conversation = open.get(id);
            if (conversation != null) {
                scheduler.drop(id);
                forget(conversation);
                conversation.failed(new RuntimeFailure(
                        RuntimeFailure.Category.FATAL,
                        "ranks were lost several times while this question was worked on: " + reason));
            }
        }
    }

    private Conversation conversation(long id) {
        Conversation conversation = open.get(id);
        if (conversation == null) {
            throw new IllegalStateException("no such conversation: id=" + id);
        }
        return conversation;
    }

    private void fail(RuntimeFailure lasting) {
        failure = lasting;
        if (!isOver) {
            broken.complete(lasting);
        }
        List<Conversation> all = List.copyOf(open.values());
        all.forEach(conversation -> {
            forget(conversation);
            conversation.failed(lasting);
        });
    }

    /** Answers and questions that are under way. */
    public int openCount() {
        return openCount.get();
    }

    @Override
    public CompletableFuture<RuntimeFailure> broken() {
        return broken;
    }

    @Override
    public void close() {
        add(() -> {
            isOver = true;
            fail(new RuntimeFailure(RuntimeFailure.Category.RETRYABLE, "the service has been closed"));
        });
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        mesh.close();
        encoder.close();
    }

    /** What the mesh says becomes an event of the engine's thread. */
    private final class MeshEvents implements EngineMesh.Listener {
        @Override
        public void ready(long incarnation, int ring) {
            add(() -> {
                isTicking = false;
                scheduler.meshIsReady(incarnation, ring);
            });
        }

        @Override
        public void done(TickResult result) {
            add(() -> ChatEngine.this.done(result));
        }

        @Override
        public void lost(String reason) {
            add(() -> ChatEngine.this.lost(reason));
        }

        @Override
        public void failed(RuntimeFailure lasting) {
            add(() -> {
                ChatEngine.this.lost(lasting.getMessage());
                fail(lasting);
            });
        }
    }
}
