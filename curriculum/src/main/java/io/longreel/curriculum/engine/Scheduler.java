package io.longreel.curriculum.engine;

import io.longreel.model.InferenceSession;
import io.longreel.model.InferenceSession.Kept;
import io.longreel.model.cache.KeyValueCache;
import io.longreel.model.generate.PromptChunks;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Which request the ranks work on when: continuous batching. A tick takes one piece of one prompt, and a few more tokens of all answers that are under way; whoever comes while
 * others speak is let in at the next tick. A request is let in when the pages for its longest answer are there, so nothing ever runs out of them; first come, first served. What an
 * answered request leaves in the cache stays until the pages are needed: a request that begins like it goes on from there. Decides alone and without a clock: the same
 * calls give the same ticks. Used by one thread.
 */
public final class Scheduler {
    /** Losses of ranks in a row that a request is answered through without a token. */
    private static final int LOSSES_MAX = 3;

    private final EngineLimits limits;
    private final int imageToken;
    private final int tokensPerFrame;
    private final Deque<Slot> waiting = new ArrayDeque<>();
    private final Map<Long, Slot> active = new LinkedHashMap<>();
    /** Sequences that nobody works on, the longest unused first. */
    private final Deque<Resident> idle = new ArrayDeque<>();

    private final List<Long> toEnd = new ArrayList<>();
    private final List<Long> impossible = new ArrayList<>();
    private long incarnation;
    private int ringDegree;
    private int freePages;
    private long nextSequence = 1;
    private long nextTick = 1;
    private long nextTurn = 1;
    private boolean isUp;
    private boolean isRecalled;

    /**
     * What has happened to a request.
     *
     * @param cachedTokens of its prompt that were known when it began
     */
    public record Progress(long request, List<Integer> tokens, boolean isOver, int cachedTokens) {}

    /** A request on its way. */
    private static final class Slot {
        private final long id;
        private final EngineRequest request;
        private final long[] items;
        private final List<Integer> answer = new ArrayList<>();
        private int cachedTokens;
        /** Losses of ranks in ticks that it had a part in, since it got anywhere. */
        private int losses;
        /** Tokens since the last of them. The first comes with the prompt that is read again, and says nothing of what was lost. */
        private int tokensSinceLoss;
        /** Fewest pieces of its prompt that were left so far. */
        private int leastLeft = Integer.MAX_VALUE;

        private Resident place;
        private Deque<PromptChunks.Chunk> chunks = new ArrayDeque<>();

        Slot(long id, EngineRequest request, long[] items, Resident nowhere) {
            this.id = id;
            this.request = request;
            this.items = items;
            this.place = nowhere;
        }

        boolean isOver() {
            return answer.size() >= request.newTokensMax() || (!answer.isEmpty() && request.endsWith(answer.getLast()));
        }
    }

    /**
     * A sequence in the ranks' caches.
     *
     * @param turn the use of it that its items are of
     * @param segments pieces in which it has grown: each may cost a rank a row or two more than its share
     */
    private record Resident(long sequence, long turn, long[] items, int pages, int segments) {}

    private static final Resident NOWHERE = new Resident(0, 0, new long[0], 0, 0);

    public Scheduler(EngineLimits limits, int imageToken, int tokensPerFrame) {
        this.limits = limits;
        this.imageToken = imageToken;
        this.tokensPerFrame = tokensPerFrame;
    }

    /** Ranks are there. What they have left of earlier ones, the first tick asks them. */
    public void meshIsReady(long newIncarnation, int newRingDegree) {
        incarnation = newIncarnation;
        ringDegree = newRingDegree;
        nextTick = 1;
        isUp = true;
        isRecalled = false;
    }

    /** What is there of what was there: unused sequences, and those of requests, which begin again with the tokens that were chosen as part of their prompts. */
    private void recalled(List<Kept> kept) {
        Map<Long, Resident> known = new HashMap<>();
        idle.forEach(resident -> known.put(resident.sequence(), resident));
        List<Slot> again = new ArrayList<>(active.values());
        again.stream()
                .filter(slot -> slot.place.sequence() != 0)
                .forEach(slot -> known.put(slot.place.sequence(), withAnswer(slot)));
        active.clear();
        idle.clear();
        toEnd.clear();
        freePages = limits.cachePages();
        for (Kept one : kept) {
            Resident resident = known.get(one.sequence());
            if (resident != null && resident.turn() == one.turn()) {
                idle.addLast(cut(resident, one.length()));
                freePages -= resident.pages();
            } else {
                toEnd.add(one.sequence());
            }
        }
        for (Slot slot : again.reversed()) {
            slot.place = NOWHERE;
            slot.chunks = new ArrayDeque<>();
            waiting.addFirst(slot);
        }
        isRecalled = true;
    }

    /** The items of the first so many tokens. */
    private Resident cut(Resident resident, int length) {
        int items = 0;
        int tokens = 0;
        while (items < resident.items().length) {
            tokens += tokens(resident.items()[items]);
            if (tokens > length) {
                break;
            }
            items++;
        }
        return new Resident(
                resident.sequence(),
                resident.turn(),
                Arrays.copyOf(resident.items(), items),
                resident.pages(),
                resident.segments());
    }

    /**
     * No tick is run until ranks are there again.
     *
     * @param inTick whether a tick was in flight
     * @return requests that were worked on each time when ranks were lost, several times without getting anywhere: they may be what breaks the ranks
     */
    public List<Long> meshIsLost(boolean inTick) {
        boolean counts = isUp && isRecalled && inTick;
        isUp = false;
        if (!counts) {
            return List.of();
        }
        List<Long> suspects = new ArrayList<>();
        for (Slot slot : active.values()) {
            slot.losses++;
            slot.tokensSinceLoss = 0;
            if (slot.losses >= LOSSES_MAX) {
                suspects.add(slot.id);
            }
        }
        return suspects;
    }

    /** Whether as many wait as may. */
    public boolean isFull() {
        return waiting.size() >= limits.waitingMax();
    }

    /** Requests that are not over. */
    public int open() {
        return waiting.size() + active.size();
    }

    /** Pages that a request takes at most when it begins on an empty cache, over so many ring ranks. */
    public int pagesFor(EngineRequest request, int ring) {
        int[] ids = ids(request.ids());
        List<PromptChunks.Chunk> chunks = PromptChunks.of(ids, 0, imageToken, tokensPerFrame, limits.chunkTokens());
        long tokens = PromptChunks.tokens(ids, imageToken, tokensPerFrame);
        return pages(Math.toIntExact(tokens), chunks.size() + 1, request.newTokensMax(), ring);
    }

    private static int pages(int tokens, int segments, int newTokens, int ring) {
        return KeyValueCache.pagesFor(InferenceSession.rowsMax(tokens, segments, newTokens, ring));
    }

    /**
     * A new request.
     *
     * @param items what each id stands for: the id of a text token; for a frame, a number that only frames with the same pixels have, beyond all ids
     */
    public void submit(long id, EngineRequest request, long[] items) {
        waiting.addLast(new Slot(id, request, items, NOWHERE));
    }

    /** A request is over, whether its tokens say so or not. Between ticks. */
    public void finish(long id) {
        if (waiting.removeIf(slot -> slot.id == id)) {
            return;
        }
        Slot slot = active.remove(id);
        if (slot != null) {
            retire(slot);
        }
    }

    /** Its sequence stays as long as there is room; of one whose prompt is not through yet, what there is of it is not known to be of use. */
    private void retire(Slot slot) {
        if (slot.place.sequence() == 0) {
            return;
        }
        if (slot.chunks.isEmpty()) {
            idle.addLast(withAnswer(slot));
        } else {
            end(slot.place);
        }
    }

    /** The newest token is in no cache. */
    private static Resident withAnswer(Slot slot) {
        int known = Math.max(0, slot.answer.size() - 1);
        int from = slot.place.items().length;
        long[] items = Arrays.copyOf(slot.place.items(), slot.items.length + known);
        System.arraycopy(slot.items, 0, items, 0, slot.items.length);
        for (int i = 0; i < known; i++) {
            items[slot.items.length + i] = slot.answer.get(i);
        }
        int segments = slot.place.segments() + (from == items.length ? 0 : 1);
        return new Resident(slot.place.sequence(), slot.place.turn(), items, slot.place.pages(), segments);
    }

    private void end(Resident resident) {
        toEnd.add(resident.sequence());
        freePages += resident.pages();
    }

    /** What the ranks are to do next; empty when there is nothing, or nobody to do it. */
    public Optional<EngineTick> next() {
        if (!isUp) {
            return Optional.empty();
        }
        if (!isRecalled) {
            return Optional.of(new EngineTick(incarnation, nextTick++, List.of(new EngineOp.Recall())));
        }
        List<EngineOp> begun = admit();
        List<EngineOp> ops = new ArrayList<>();
        toEnd.forEach(sequence -> ops.add(new EngineOp.End(sequence)));
        toEnd.clear();
        ops.addAll(begun);
        List<Long> speaking = new ArrayList<>();
        Slot reading = null;
        for (Slot slot : active.values()) {
            if (slot.chunks.isEmpty()) {
                speaking.add(slot.place.sequence());
            } else if (reading == null) {
                reading = slot;
            }
        }
        if (reading != null) {
            PromptChunks.Chunk chunk = reading.chunks.removeFirst();
            ops.add(new EngineOp.Extend(reading.place.sequence(), chunk.from(), chunk.to(), reading.chunks.isEmpty()));
        }
        if (!speaking.isEmpty()) {
            ops.add(new EngineOp.Decode(speaking, reading == null ? limits.stepsPerTick() : 1));
        }
        return ops.isEmpty() ? Optional.empty() : Optional.of(new EngineTick(incarnation, nextTick++, ops));
    }

    /** Lets in who fits, in order. */
    private List<EngineOp> admit() {
        List<EngineOp> ops = new ArrayList<>();
        int told = 0;
        while (!waiting.isEmpty() && active.size() < limits.answersMax()) {
            Slot slot = waiting.getFirst();
            Start start = start(slot);
            if (start.pages() > limits.cachePages()) {
                impossible.add(waiting.removeFirst().id);
                continue;
            }
            told += slot.request.ids().size() + slot.answer.size();
            if (!ops.isEmpty() && told > EngineRequest.IDS_MAX) {
                return ops; // the next tick takes more: what the ranks are told of at a time must fit a message
            }
            Optional<EngineOp.Begin> begin = begin(slot, start);
            if (begin.isEmpty()) {
                return ops;
            }
            waiting.removeFirst();
            active.put(slot.id, slot);
            ops.add(begin.get());
        }
        return ops;
    }

    /** How a request would begin. */
    private record Start(
            Resident from,
            long[] items,
            int length,
            List<PromptChunks.Chunk> chunks,
            int segments,
            int rows,
            int pages) {}

    private Start start(Slot slot) {
        long[] items = itemsNow(slot);
        Resident best = bestOf(items);
        Start start = start(slot, items, best);
        // A sequence that has grown in many pieces takes more than one that is new.
        return start.pages() > limits.cachePages() && best.sequence() != 0 ? start(slot, items, NOWHERE) : start;
    }

    private Start start(Slot slot, long[] items, Resident best) {
        int[] ids = promptNow(slot);
        int shared = shared(best.items(), items);
        int length = tokens(items, shared);
        List<PromptChunks.Chunk> chunks =
                PromptChunks.of(ids, shared, imageToken, tokensPerFrame, limits.chunkTokens());
        int segments = best.segments() + chunks.size() + 1;
        int left = slot.request.newTokensMax() - slot.answer.size();
        int rows = InferenceSession.rowsMax(tokens(items, items.length), segments, left, ringDegree);
        int needed = Math.max(KeyValueCache.pagesFor(rows), best.pages());
        return new Start(best, items, length, chunks, segments, rows, needed);
    }

    /** Empty when it has to wait for pages. */
    private Optional<EngineOp.Begin> begin(Slot slot, Start start) {
        Resident best = start.from();
        if (!makeRoom(start.pages() - best.pages(), best)) {
            return Optional.empty();
        }
        idle.remove(best);
        freePages -= start.pages() - best.pages();
        boolean reuses = best.sequence() != 0;
        long sequence = reuses ? best.sequence() : nextSequence++;
        long turn = nextTurn++;
        slot.place = new Resident(sequence, turn, start.items(), start.pages(), start.segments());
        slot.chunks = new ArrayDeque<>(start.chunks());
        slot.cachedTokens = slot.answer.isEmpty() ? start.length() : slot.cachedTokens;
        return Optional.of(new EngineOp.Begin(
                sequence, turn, reuses, start.length(), start.rows(), slot.request, List.copyOf(slot.answer)));
    }

    private static int[] promptNow(Slot slot) {
        List<Integer> all = new ArrayList<>(slot.request.ids());
        all.addAll(slot.answer);
        return ids(all);
    }

    private static long[] itemsNow(Slot slot) {
        long[] all = Arrays.copyOf(slot.items, slot.items.length + slot.answer.size());
        for (int i = 0; i < slot.answer.size(); i++) {
            all[slot.items.length + i] = slot.answer.get(i);
        }
        return all;
    }

    private static int[] ids(Collection<Integer> ids) {
        return ids.stream().mapToInt(Integer::intValue).toArray();
    }

    /** The unused sequence that begins most like a prompt; {@link #NOWHERE} when none does. */
    private Resident bestOf(long[] items) {
        Resident best = NOWHERE;
        for (Resident resident : idle) {
            if (shared(resident.items(), items) > shared(best.items(), items)) {
                best = resident;
            }
        }
        return best;
    }

    /** Items that two have in common at the beginning; one of the prompt is always left to be asked with. */
    private static int shared(long[] cached, long[] prompt) {
        int most = Math.min(cached.length, prompt.length - 1);
        int count = 0;
        while (count < most && cached[count] == prompt[count]) {
            count++;
        }
        return count;
    }

    private int tokens(long[] items, int count) {
        int tokens = 0;
        for (int i = 0; i < count; i++) {
            tokens += tokens(items[i]);
        }
        return tokens;
    }

    /** Frames are beyond all ids. */
    private int tokens(long item) {
        return item > Integer.MAX_VALUE || item < 0 ? tokensPerFrame : 1;
    }

    /** Forgets unused sequences until there are enough pages. */
    private boolean makeRoom(int pages, Resident keep) {
        long there = freePages
                + idle.stream()
                        .filter(resident -> resident.sequence() != keep.sequence())
                        .mapToLong(Resident::pages)
                        .sum();
        if (there < pages) {
            return false;
        }
        Iterator<Resident> oldest = idle.iterator();
        while (freePages < pages && oldest.hasNext()) {
            Resident resident = oldest.next();
            if (resident.sequence() != keep.sequence()) {
                oldest.remove();
                end(resident);
            }
        }
        return true;
    }

    /** What a tick has brought; requests that are over by it are gone. */
    public List<Progress> done(TickResult result) {
        if (!isRecalled) {
            recalled(result.kept());
        }
        Map<Long, Slot> bySequence = new HashMap<>();
        active.values().forEach(slot -> bySequence.put(slot.place.sequence(), slot));
        List<Progress> progress = new ArrayList<>();
        for (Slot slot : active.values()) {
            if (slot.chunks.size() < slot.leastLeft) {
                slot.leastLeft = slot.chunks.size();
                slot.losses = 0;
            }
        }
        for (TickResult.Chosen chosen : result.chosen()) {
            Slot slot = bySequence.get(chosen.sequence());
            if (slot == null) {
                throw new IllegalStateException("tokens must belong to an open request: " + chosen);
            }
            slot.answer.addAll(chosen.tokens());
            slot.tokensSinceLoss += chosen.tokens().size();
            if (slot.tokensSinceLoss > 1) {
                slot.losses = 0;
            }
            progress.add(new Progress(slot.id, chosen.tokens(), slot.isOver(), slot.cachedTokens));
            if (slot.isOver()) {
                active.remove(slot.id);
                retire(slot);
            }
        }
        return progress;
    }

    /** The request that a sequence belongs to. */
    public long requestOf(long sequence) {
        return active.values().stream()
                .filter(slot -> slot.place.sequence() == sequence)
                .mapToLong(slot -> slot.id)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no request has the sequence: sequence=" + sequence));
    }

    /** A request that cannot be answered is over, and leaves nothing. */
    public void drop(long id) {
        waiting.removeIf(slot -> slot.id == id);
        Slot slot = active.remove(id);
        if (slot != null) {
            end(slot.place);
        }
    }

    /** Requests that not even an empty cache of the ranks that are there would hold; they are gone. To be asked behind {@link #next}. */
    public List<Long> takeImpossible() {
        List<Long> taken = List.copyOf(impossible);
        impossible.clear();
        return taken;
    }

    /** Requests that are worked on. */
    public int answering() {
        return active.size();
    }

    /** Whether there are ranks. */
    public boolean isUp() {
        return isUp;
    }

    /** Of the ranks that are there, or were there last; 0 = there were none yet. */
    public long incarnation() {
        return incarnation;
    }

    /** Pages of requests that are worked on. */
    public int busyPages() {
        int unused = idle.stream().mapToInt(Resident::pages).sum();
        return incarnation == 0 ? 0 : limits.cachePages() - freePages - unused;
    }
}
