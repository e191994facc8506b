package io.longreel.transport.link;

import io.longreel.config.RuntimeFailure;
import io.longreel.transport.frame.DamagedFrame;
import io.longreel.transport.frame.FrameFaults;
import io.longreel.transport.frame.FrameHeader;
import io.longreel.transport.frame.InboundCheck;
import io.longreel.transport.frame.Route;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * One direction between two ranks of a process. Both sides queue their messages here; whichever side comes second copies straight from the
 * sender's memory to the receiver's, so that the last to arrive never waits for the other to be scheduled. The lock guards the queues only;
 * copies run outside it and are counted, so that {@link #leave} can wait until nobody touches the leaving side's memory.
 */
final class DirectChannel {

    private record Posted(FrameHeader header, Message message, boolean damaged) {}

    private record Match(Message send, Message receive) {}

    private final InboundCheck check;
    private final Queue<Posted> sends = new ArrayDeque<>();
    private final Queue<Message> receives = new ArrayDeque<>();
    private int copying;
    /** First mismatch between the two sides: nothing passes any more, and everybody who still comes is told the same. */
    private @Nullable RuntimeFailure failure;

    private @Nullable String senderLeft;
    private @Nullable String receiverLeft;
    private volatile @Nullable Wakeup sender;
    private volatile @Nullable Wakeup receiver;

    DirectChannel(Route route) {
        this.check = new InboundCheck(route);
    }

    void senderIs(Wakeup wakeup) {
        sender = wakeup;
    }

    void receiverIs(Wakeup wakeup) {
        receiver = wakeup;
    }

    boolean connected() {
        return sender != null && receiver != null;
    }

    /** @param damaged as if the descriptor had not arrived as it was sent */
    void send(FrameHeader header, Message message, boolean damaged) {
        synchronized (this) {
            sends.add(new Posted(header, message, damaged));
        }
        copyMatches();
    }

    void receive(Message message) {
        synchronized (this) {
            receives.add(message);
        }
        copyMatches();
    }

    /** Why the receiver's pending messages will never come. */
    synchronized @Nullable String brokenForReceiver() {
        return receives.isEmpty() ? null : senderLeft;
    }

    /** Why the sender's pending messages will never be taken. */
    synchronized @Nullable String brokenForSender() {
        return sends.isEmpty() ? null : receiverLeft;
    }

    FrameFaults faults() {
        return check.faults();
    }

    /** Whether both sides have gone. */
    synchronized boolean released() {
        return senderLeft != null && receiverLeft != null;
    }

    /** One side goes: its queue is emptied, the other side is told, and no copy of its memory runs after the return. */
    void leave(boolean asSender, String reason) {
        boolean busy;
        synchronized (this) {
            if (asSender) {
                sends.clear();
                senderLeft = senderLeft == null ? reason : senderLeft;
            } else {
                receives.clear();
                receiverLeft = receiverLeft == null ? reason : receiverLeft;
            }
            busy = copying > 0;
        }
        while (busy) { // as long as the peer's running memcpy takes
            giveWay();
            synchronized (this) {
                busy = copying > 0;
            }
        }
        wakeBoth();
    }

    @SuppressWarnings("ThreadPriorityCheck") // only shortens the wait for the length of a running memcpy
    private static void giveWay() {
        Thread.yield();
    }

    private void copyMatches() {
        for (Match match = claim(); match != null; match = claim()) {
            copy(match);
            wakeBoth();
        }
    }

    private synchronized @Nullable Match claim() {
        while (true) {
            Posted posted = sends.peek();
            Message receive = receives.peek();
            if (failure != null) {
                failAll(failure);
                return null;
            }
            if (posted != null && check.refuses(posted.header())) {
                sends.remove();
                posted.message().finish();
                continue;
            }
            if (posted == null || receive == null) {
                return null;
            }
            try {
                if (posted.damaged()) {
                    throw check.failure(
                            new DamagedFrame("sequence=" + posted.header().sequence()));
                }
                check.admit(posted.header());
                check.match(posted.header(), receive.tag(), receive.sizeBytes(), 0);
            } catch (RuntimeFailure e) {
                failure = e;
                failAll(e);
                wakeBoth();
                return null;
            }
            sends.remove();
            receives.remove();
            copying++;
            return new Match(posted.message(), receive);
        }
    }

    private void failAll(RuntimeFailure cause) {
        sends.forEach(posted -> posted.message().fail(cause));
        receives.forEach(message -> message.fail(cause));
        sends.clear();
        receives.clear();
    }

    private void copy(Match match) {
        try {
            MemorySegment from = match.send().segment();
            MemorySegment.copy(from, 0, match.receive().segment(), 0, from.byteSize());
            match.send().moved(from.byteSize());
            match.receive().moved(from.byteSize());
            match.send().finish();
            match.receive().finish();
        } catch (RuntimeException e) { // the other side's memory cannot be used from here: both sides must know
            RuntimeFailure broken = new RuntimeFailure(
                    RuntimeFailure.Category.RETRYABLE,
                    "memory of a transfer must stay open until it is awaited: operation=[%s]"
                            .formatted(match.send().tag()),
                    e);
            match.send().fail(broken);
            match.receive().fail(broken);
        } finally {
            synchronized (this) {
                copying--;
            }
        }
    }

    private void wakeBoth() {
        Wakeup first = sender;
        if (first != null) {
            first.wake();
        }
        Wakeup second = receiver;
        if (second != null) {
            second.wake();
        }
    }
}
