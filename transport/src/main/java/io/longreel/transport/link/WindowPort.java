package io.longreel.transport.link;

import io.longreel.transport.frame.FrameChecksum;
import io.longreel.transport.frame.FrameHeader;
import java.lang.foreign.MemorySegment;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Frames whose payloads lie in shared windows, one per direction, while Aeron IPC carries their headers as doorbells. Aeron gives order,
 * wake-up and the news of a dead peer; the window gives one copy in and one out through memory that stays in the caches. Payloads too small to be
 * worth a slot ride in the doorbell.
 */
final class WindowPort implements FramePort {
    private static final int INLINE_BYTES = 2048;

    private final AeronPort doorbell;
    private final SharedWindow outbound;
    private final Supplier<@Nullable SharedWindow> attachInbound;
    private final FrameChecksum checksum = new FrameChecksum();
    private final FrameHandler ring = this::onDoorbell;
    private @Nullable SharedWindow inbound;
    private @Nullable FrameHandler taker;

    /** @param attachInbound the peer's window, or null while there is none */
    WindowPort(AeronPort doorbell, SharedWindow outbound, Supplier<@Nullable SharedWindow> attachInbound) {
        this.doorbell = doorbell;
        this.outbound = outbound;
        this.attachInbound = attachInbound;
    }

    @Override
    public int maxPayloadBytes() {
        return outbound.slotBytes();
    }

    @Override
    public boolean offer(FrameHeader frame, MemorySegment payload, boolean damage) {
        if (payload.byteSize() <= INLINE_BYTES) {
            return doorbell.offer(frame, payload, damage);
        }
        if (!outbound.hasRoom()) {
            return false;
        }
        MemorySegment header = doorbell.claim(FrameHeader.SIZE_BYTES);
        if (header == null) {
            return false;
        }
        frame.inWindow(outbound.nextSlot()).writeTo(header);
        MemorySegment slot = outbound.fill(payload.byteSize());
        slot.copyFrom(payload);
        checksum.seal(header, slot);
        if (damage) {
            FrameChecksum.damage(header, slot);
        }
        doorbell.commit();
        return true;
    }

    @Override
    public int poll(FrameHandler handler, int limit) {
        if (!attached()) {
            return 0;
        }
        taker = handler;
        return doorbell.poll(ring, limit);
    }

    @Override
    public boolean connected() {
        boolean peerHasOurs = outbound.attached();
        return attached() && peerHasOurs && doorbell.connected();
    }

    @Override
    public @Nullable String brokenInbound() {
        return doorbell.brokenInbound();
    }

    @Override
    public @Nullable String brokenOutbound() {
        return doorbell.brokenOutbound();
    }

    @Override
    public void close() {
        doorbell.close();
        outbound.close();
        if (inbound != null) {
            inbound.close();
        }
    }

    private boolean attached() {
        outbound.attached(); // removes the name as soon as it may
        if (inbound == null) {
            inbound = attachInbound.get();
        }
        return inbound != null;
    }

    private boolean onDoorbell(FrameHeader frame, MemorySegment header, MemorySegment inline) {
        SharedWindow window = inbound;
        if (taker == null || window == null) {
            return false;
        }
        if (frame.windowSlot() == FrameHeader.INLINE) {
            return taker.onFrame(frame, header, inline);
        }
        MemorySegment payload = window.announced(frame.windowSlot(), frame.payloadBytes());
        boolean taken = taker.onFrame(frame, header, payload);
        if (taken) {
            window.release();
        }
        return taken;
    }
}
