package io.longreel.runtime.http;

import com.sun.net.httpserver.HttpExchange;
import io.longreel.config.RuntimeFailure;
import io.longreel.config.ServeSettings;
import io.longreel.curriculum.chat.ChatAnswer;
import io.longreel.curriculum.chat.ChatQuestion;
import io.longreel.curriculum.chat.ChatService;
import io.longreel.curriculum.chat.ChatService.Answering;
import java.io.IOException;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code POST /v1/chat/completions}: from the body of a request to the last byte of its answer, or to the reason why there is none.
 *
 * <p>When a client goes away: a streamed answer notices it when something is written, at the latest with the comments that are sent while there is no
 * text; any answer notices it within half a second where {@link ConnectionWatch} sees connections (Linux), and otherwise when it is
 * written. The answer is cancelled then.
 */
final class Completions {
    private static final Logger LOG = LoggerFactory.getLogger(Completions.class);

    /** So often somebody looks whether the client is still there. */
    private static final long LOOK_MS = 300;
    /** A failure within so many looks still has a status of its own, also when the answer is streamed. */
    private static final int LOOKS_BEFORE_EVENTS = 4;

    private static final int LOOKS_PER_COMMENT = 10;

    private final ServeSettings settings;
    private final ChatService service;
    private final MediaSources media;
    private final ChatRequestReader reader;
    private final Bodies bodies;
    private final Alarms alarms;
    private final ConnectionWatch connections;
    private final InstantSource clock;
    private final Semaphore places;

    Completions(
            ServeSettings settings,
            ChatService service,
            MediaSources media,
            ChatRequestReader reader,
            Alarms alarms,
            InstantSource clock) {
        this.settings = settings;
        this.service = service;
        this.media = media;
        this.reader = reader;
        this.bodies = new Bodies(settings.bodyBytesMax());
        this.alarms = alarms;
        this.connections = new ConnectionWatch(clock);
        this.clock = clock;
        this.places = new Semaphore(settings.requestsMax());
    }

    /** Requests that are being answered or wait. */
    int requests() {
        return settings.requestsMax() - places.availablePermits();
    }

    /** Writes an answer or a refusal. Throws when the client is gone. */
    void answer(HttpExchange exchange, Reply reply) throws IOException {
        if (!places.tryAcquire()) {
            reply.refuse(Refusal.busy("the server answers %d requests, as many as it may; try again later"
                    .formatted(settings.requestsMax())));
            reply.discardRest(alarms);
            return;
        }
        try (Alarms.Alarm alarm = alarms.set(settings.requestTimeout());
                Bodies.Body body = bodies.of(exchange)) {
            try {
                answer(exchange, reply, body);
            } catch (InterruptedException e) {
                reply.refuse(
                        alarm.isStop()
                                ? Refusal.stopping()
                                : body.isBeingRead()
                                        ? Refusal.slowUpload(settings.requestTimeout())
                                        : Refusal.late(settings.requestTimeout()));
            } catch (Refusal refusal) {
                reply.refuse(refusal);
                if (!body.isRead()) {
                    reply.discardRest(alarms);
                }
            }
        } finally {
            places.release();
        }
    }

    private void answer(HttpExchange exchange, Reply reply, Bodies.Body body) throws IOException, InterruptedException {
        ConnectionWatch.Client client = connections.watch(exchange);
        ChatRequest request = reader.read(body.bytes());
        if (request.model().isPresent() && !request.model().get().equals(service.modelName())) {
            throw unknownModel(request.model().get(), service.modelName());
        }
        FoundMedia found = FoundMedia.of(request, media);
        body.close(); // what it brought is on disk
        Inbox inbox = new Inbox(found::close);
        Exchange talk = new Exchange(reply, inbox, client, found.names());
        Answering answering = ask(found.question(), talk);
        try {
            ChatJson json = new ChatJson(
                    "chatcmpl-" + reply.requestId(),
                    clock.instant().getEpochSecond(),
                    service.modelName(),
                    request.includesUsage());
            ChatAnswer answer = request.isStreamed() ? stream(talk, json) : whole(talk, json);
            log(reply, answer);
        } finally {
            boolean wasInterrupted = Thread.interrupted(); // nothing of the service's may see it
            if (!inbox.isOver()) {
                LOG.info("http.answer-cancelled request={}", reply.requestId());
                answering.cancel();
            }
            if (wasInterrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** What belongs to a question that is being answered. */
    private record Exchange(Reply reply, Inbox inbox, ConnectionWatch.Client client, Map<String, String> names) {}

    static Refusal unknownModel(String asked, String known) {
        return Refusal.of(
                404,
                "model",
                "model_not_found",
                "the model %s does not exist; this server has %s".formatted(Refusal.shown(asked), known));
    }

    /** Asks on a thread of its own, which no interrupt reaches: files of the service's would be closed by it. */
    private Answering ask(ChatQuestion question, Exchange talk) throws IOException, InterruptedException {
        CompletableFuture<Answering> asked = new CompletableFuture<>();
        Thread.ofVirtual().name("longreel-http-ask").start(() -> {
            try {
                asked.complete(service.ask(question, talk.inbox()));
            } catch (RuntimeException | Error e) {
                talk.inbox().neverAsked();
                asked.completeExceptionally(e);
            }
        });
        try {
            while (!asked.isDone()) {
                waitFor(asked);
                requireClient(talk);
            }
            return asked.get();
        } catch (ExecutionException e) {
            Throwable why = e.getCause() == null ? e : e.getCause();
            switch (why) {
                case ChatService.Busy busy -> throw Refusal.busy(String.valueOf(busy.getMessage()));
                case RuntimeFailure failure -> throw Refusal.of(failure, talk.names());
                case RuntimeException bug -> throw bug;
                default -> throw new IllegalStateException(why);
            }
        } catch (IOException | InterruptedException e) {
            cancelWhenAsked(asked);
            throw e;
        }
    }

    private static void cancelWhenAsked(CompletableFuture<Answering> asked) {
        var unused = asked.whenComplete((answering, neverAsked) -> {
            if (answering != null) {
                answering.cancel();
            }
        });
    }

    private static void waitFor(CompletableFuture<?> asked) throws InterruptedException, ExecutionException {
        try {
            asked.get(LOOK_MS, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            // Somebody looks after the client meanwhile.
        }
    }

    private static void requireClient(Exchange talk) throws IOException {
        if (talk.client().isGone()) {
            throw new IOException("the client has closed its connection");
        }
    }

    private static ChatAnswer whole(Exchange talk, ChatJson json) throws IOException, InterruptedException {
        while (true) {
            Optional<Inbox.News> news = talk.inbox().next(LOOK_MS);
            if (news.isEmpty()) {
                requireClient(talk);
                continue;
            }
            switch (news.get()) {
                case Inbox.Piece piece -> {
                    // The end brings all of them.
                }
                case Inbox.Done done -> {
                    ChatAnswer answer = wanted(done.answer());
                    talk.reply().json(200, json.completion(answer));
                    return answer;
                }
                case Inbox.Failed failed -> throw Refusal.of(failed.failure(), talk.names());
            }
        }
    }

    private static ChatAnswer stream(Exchange talk, ChatJson json) throws IOException, InterruptedException {
        int looks = 0;
        while (true) {
            Optional<Inbox.News> news = talk.inbox().next(LOOK_MS);
            if (news.isEmpty()) {
                requireClient(talk);
                looks++;
                if (!talk.reply().hasBegun() && looks >= LOOKS_BEFORE_EVENTS) {
                    begin(talk, json);
                } else if (talk.reply().hasBegun() && looks % LOOKS_PER_COMMENT == 0) {
                    talk.reply().comment();
                }
                continue;
            }
            switch (news.get()) {
                case Inbox.Piece piece -> {
                    begin(talk, json);
                    talk.reply().event(json.more(piece.text()));
                }
                case Inbox.Done done -> {
                    ChatAnswer answer = wanted(done.answer());
                    begin(talk, json);
                    talk.reply().event(json.last(answer));
                    if (json.hasUsage()) {
                        talk.reply().event(json.onlyUsage(answer));
                    }
                    talk.reply().endEvents();
                    return answer;
                }
                case Inbox.Failed failed -> throw Refusal.of(failed.failure(), talk.names());
            }
        }
    }

    private static void begin(Exchange talk, ChatJson json) throws IOException {
        if (!talk.reply().hasBegun()) {
            talk.reply().beginEvents();
            talk.reply().event(json.first());
        }
    }

    /** Nobody here cancels an answer and then waits for it: whoever did is the service. */
    private static ChatAnswer wanted(ChatAnswer answer) {
        if (answer.end() == ChatAnswer.End.CANCELLED) {
            throw Refusal.stopping();
        }
        return answer;
    }

    private static void log(Reply reply, ChatAnswer answer) {
        LOG.info(
                "http.answered request={} end={} promptTokens={} cachedTokens={} newTokens={} firstTokenMs={} totalMs={}",
                reply.requestId(),
                answer.end(),
                answer.promptTokens(),
                answer.cachedTokens(),
                answer.newTokens(),
                answer.firstTokenNs() / 1_000_000,
                answer.totalNs() / 1_000_000);
    }
}
