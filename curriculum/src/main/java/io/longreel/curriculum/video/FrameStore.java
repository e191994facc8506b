package io.longreel.curriculum.video;

import io.longreel.config.RuntimeFailure;
import io.longreel.curriculum.video.FrameBank.Stretch;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The decoded frames of a process: chunks of consecutive frames, decoded when first asked for, the least recently used dropped first. Never
 * holds more than its capacity: chunk buffers are made as they are needed up to that bound, then used again, and a thread that finds all of
 * them in use waits. A reader holds one chunk at a time and only while it copies, so waiting always ends.
 *
 * <p>Shared by all ranks and decoding threads of a process. Owns the {@link FrameBank}: closing the store closes it.
 */
public final class FrameStore implements AutoCloseable {
    private static final int CHUNK_FRAMES_MAX = 64;
    /** So many chunks should fit, or two ranks and their decoders would push out each other's frames all the time. */
    private static final int CHUNKS_WANTED = 8;

    /** Sees one decoded frame, by its number in the video; the memory is valid during the call only. */
    @FunctionalInterface
    public interface FrameVisitor {
        void visit(int frame, MemorySegment rgb_hw3);
    }

    /** Counts since the store was opened, and chunk buffers that exist now. */
    public record Statistics(int chunkBuffers, int chunkBuffersMax, long chunksDecoded, long chunksReused) {}

    private static final class Chunk {
        private final MemorySegment rgb_Fhw3;
        private int pins = 1;
        private boolean ready;
        private @Nullable RuntimeException failure;

        private Chunk(MemorySegment rgb_Fhw3) {
            this.rgb_Fhw3 = rgb_Fhw3;
        }
    }

    private record ChunkKey(int video, int number) {}

    private final FrameBank bank;
    private final int chunkFrames;
    private final int chunkBuffersMax;
    private final Arena arena = Arena.ofShared();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Map<ChunkKey, Chunk> chunks = new LinkedHashMap<>(64, 0.75f, true);
    private final Deque<MemorySegment> spareBuffers = new ArrayDeque<>();
    private int chunkBuffers;
    private int pinned;
    private long chunksDecoded;
    private long chunksReused;
    private boolean closed;

    private FrameStore(FrameBank bank, int chunkFrames, int chunkBuffersMax) {
        this.bank = bank;
        this.chunkFrames = chunkFrames;
        this.chunkBuffersMax = chunkBuffersMax;
    }

    /** A store over {@code bank}, which it takes over, of at most {@code capacityBytes} of decoded frames. */
    public static FrameStore open(FrameBank bank, long capacityBytes) {
        long framesMax = capacityBytes / bank.frameBytes();
        if (framesMax < 1) {
            throw RuntimeFailure.config(
                    "longreel.data.frame-cache must hold at least one decoded frame: frameCacheBytes=%d frameBytes=%d; raise it"
                            .formatted(capacityBytes, bank.frameBytes()));
        }
        int chunkFrames = Math.clamp(framesMax / CHUNKS_WANTED, 1, CHUNK_FRAMES_MAX);
        long buffers = framesMax / chunkFrames;
        return new FrameStore(bank, chunkFrames, (int) Math.min(buffers, Integer.MAX_VALUE));
    }

    /** Shows frames {@code [from, to)} of a video in order, decoding what is not there. */
    public void visit(int video, int from, int to, FrameVisitor visitor) {
        long frameBytes = bank.frameBytes();
        int frame = from;
        while (frame < to) {
            ChunkKey key = new ChunkKey(video, frame / chunkFrames);
            int chunkStart = key.number() * chunkFrames;
            int end = Math.min(to, Math.min(chunkStart + chunkFrames, bank.frameCount(video)));
            Chunk chunk = acquire(key);
            try {
                for (; frame < end; frame++) {
                    visitor.visit(frame, chunk.rgb_Fhw3.asSlice((frame - chunkStart) * frameBytes, frameBytes));
                }
            } finally {
                release(chunk);
            }
        }
    }

    /** Decodes frames {@code [from, to)} of a video where they are not there yet. They may be dropped again before they are used. */
    public void warm(int video, int from, int to) {
        visit(video, from, to, (frame, rgb_hw3) -> {});
    }

    public Statistics statistics() {
        lock.lock();
        try {
            return new Statistics(chunkBuffers, chunkBuffersMax, chunksDecoded, chunksReused);
        } finally {
            lock.unlock();
        }
    }

    /** Waits for threads that are inside {@link #visit} and frees everything; later calls throw. */
    @Override
    public void close() {
        lock.lock();
        try {
            if (closed) {
                throw new IllegalStateException("frame store closed twice");
            }
            closed = true;
            changed.signalAll();
            while (pinned > 0) {
                changed.awaitUninterruptibly();
            }
            arena.close();
            bank.close();
        } finally {
            lock.unlock();
        }
    }

    private Chunk acquire(ChunkKey key) {
        Chunk mine;
        lock.lock();
        try {
            while (true) {
                if (closed) {
                    throw new IllegalStateException("frame store is closed");
                }
                Chunk present = chunks.get(key);
                if (present != null) {
                    return awaitReady(present);
                }
                MemorySegment buffer = freeBuffer();
                if (buffer != null) {
                    mine = new Chunk(buffer);
                    pinned++;
                    chunks.put(key, mine);
                    break;
                }
                changed.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
        decode(key, mine);
        return mine;
    }

    /** Pins a chunk that is there or being decoded by another thread; called with the lock held. */
    private Chunk awaitReady(Chunk chunk) {
        chunk.pins++;
        pinned++;
        while (!chunk.ready && chunk.failure == null) {
            changed.awaitUninterruptibly();
        }
        if (chunk.failure != null) {
            RuntimeException failure = chunk.failure;
            unpin(chunk);
            throw failure;
        }
        chunksReused++;
        return chunk;
    }

    private void decode(ChunkKey key, Chunk chunk) {
        int from = key.number() * chunkFrames;
        int to = Math.min(from + chunkFrames, bank.frameCount(key.video()));
        RuntimeException failure = null;
        try {
            bank.read(new Stretch(key.video(), from, to), chunk.rgb_Fhw3);
        } catch (RuntimeException e) {
            failure = e;
        }
        lock.lock();
        try {
            if (failure == null) {
                chunk.ready = true;
                chunksDecoded++;
            } else {
                chunk.failure = failure;
                chunks.remove(key);
                unpin(chunk);
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        if (failure != null) {
            throw failure;
        }
    }

    /** A buffer that nobody uses: a spare one, a new one while there may be more, or that of the chunk used longest ago. */
    private @Nullable MemorySegment freeBuffer() {
        MemorySegment spare = spareBuffers.poll();
        if (spare != null) {
            return spare;
        }
        if (chunkBuffers < chunkBuffersMax) {
            chunkBuffers++;
            return arena.allocate(chunkFrames * bank.frameBytes());
        }
        for (Iterator<Chunk> oldest = chunks.values().iterator(); oldest.hasNext(); ) {
            Chunk chunk = oldest.next();
            if (chunk.pins == 0) {
                oldest.remove();
                return chunk.rgb_Fhw3;
            }
        }
        return null;
    }

    private void release(Chunk chunk) {
        lock.lock();
        try {
            unpin(chunk);
        } finally {
            lock.unlock();
        }
    }

    private void unpin(Chunk chunk) {
        chunk.pins--;
        pinned--;
        if (chunk.pins == 0) {
            if (chunk.failure != null) {
                spareBuffers.add(chunk.rgb_Fhw3);
            }
            changed.signalAll();
        }
    }
}
