package io.longreel.curriculum.engine;

import io.longreel.config.RuntimeFailure;
import io.longreel.curriculum.media.MediumView;
import io.longreel.model.FrameSource;
import io.longreel.model.InferenceSession;
import io.longreel.model.InferenceSession.Extended;
import io.longreel.model.InferenceSession.Kept;
import io.longreel.model.SlicedFrames;
import io.longreel.ops.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;

/** What one rank does in a tick: plain sequential code on its session. All ranks do the same in the same order. Used by the rank's compute thread. */
public final class EngineProgram {
    private final InferenceSession session;
    private final Function<List<MediumView>, ? extends FrameSource> framesOf;
    private final int imageToken;
    private final Map<Long, Running> running = new HashMap<>();

    /** A request and its prompt as it stands. */
    private static final class Running {
        private final EngineRequest request;
        private final int[] ids;
        private final FrameSource frames;
        private final int answeredBefore;
        private final List<Integer> answer = new ArrayList<>();

        Running(EngineRequest request, int[] ids, FrameSource frames, int answeredBefore) {
            this.request = request;
            this.ids = ids;
            this.frames = frames;
            this.answeredBefore = answeredBefore;
        }

        boolean isOver() {
            return answeredBefore + answer.size() >= request.newTokensMax()
                    || (!answer.isEmpty() && request.endsWith(answer.getLast()));
        }
    }

    /** @param framesOf the frames of some media, the same on all ranks */
    public EngineProgram(
            InferenceSession session, Function<List<MediumView>, ? extends FrameSource> framesOf, int imageToken) {
        this.session = session;
        this.framesOf = framesOf;
        this.imageToken = imageToken;
    }

    /** Does all that a tick says. */
    public TickResult run(EngineTick tick) {
        Map<Long, List<Integer>> chosen = new LinkedHashMap<>();
        List<TickResult.Unreadable> unreadable = new ArrayList<>();
        List<Kept> kept = new ArrayList<>();
        for (EngineOp op : tick.ops()) {
            switch (op) {
                case EngineOp.Begin begin -> begin(begin);
                case EngineOp.Extend extend -> extend(extend, chosen, unreadable);
                case EngineOp.Decode decode -> decode(decode, chosen);
                case EngineOp.Recall recall -> kept.addAll(session.recall());
                case EngineOp.End end -> {
                    session.end(end.sequence());
                    running.remove(end.sequence());
                }
            }
        }
        return new TickResult(
                tick.number(),
                chosen.entrySet().stream()
                        .map(entry -> new TickResult.Chosen(entry.getKey(), entry.getValue()))
                        .toList(),
                unreadable,
                kept);
    }

    private void begin(EngineOp.Begin begin) {
        EngineRequest request = begin.request();
        if (begin.reuses()) {
            session.resume(begin.sequence(), begin.turn(), begin.length(), begin.rowsMax(), request.sampling());
        } else {
            session.begin(begin.sequence(), begin.turn(), begin.rowsMax(), request.sampling());
        }
        for (int id : request.ids()) {
            if (id != imageToken) {
                session.saw(begin.sequence(), id, false);
            }
        }
        for (int id : begin.answered()) {
            session.saw(begin.sequence(), id, true);
        }
        int[] ids = IntStream.concat(
                        request.ids().stream().mapToInt(Integer::intValue),
                        begin.answered().stream().mapToInt(Integer::intValue))
                .toArray();
        FrameSource frames = framesOf(request, frames(ids, 0, ids.length));
        running.put(
                begin.sequence(),
                new Running(request, ids, frames, begin.answered().size()));
    }

    /** What is wrong with media by now is said when their frames are read, where ranks hear of each other's troubles. */
    private FrameSource framesOf(EngineRequest request, int markers) {
        if (request.media().isEmpty()) {
            return FrameSource.NONE;
        }
        try {
            FrameSource found = framesOf.apply(request.media());
            return found.frameCount() == markers
                    ? found
                    : new LostFrames(
                            markers,
                            "media have changed since the question came: frames=%d now=%d"
                                    .formatted(markers, found.frameCount()));
        } catch (RuntimeFailure e) {
            if (e.category() != RuntimeFailure.Category.DATA) {
                throw e;
            }
            return new LostFrames(markers, e.getMessage());
        }
    }

    /** Frames that cannot be read. */
    private record LostFrames(int frameCount, String reason) implements FrameSource {
        @Override
        public void read(int from, int to, Tensor pixels_F3hw) {
            throw RuntimeFailure.data(reason);
        }
    }

    private void extend(
            EngineOp.Extend extend, Map<Long, List<Integer>> chosen, List<TickResult.Unreadable> unreadable) {
        Running request = running(extend.sequence());
        int[] ids = Arrays.copyOfRange(request.ids, extend.from(), extend.to());
        int first = frames(request.ids, 0, extend.from());
        int count = frames(request.ids, extend.from(), extend.to());
        FrameSource frames = count == 0 ? FrameSource.NONE : new SlicedFrames(request.frames, first, count);
        switch (session.extend(extend.sequence(), session.chunk(ids, frames), extend.asks())) {
            case Extended.Asked asked -> add(extend.sequence(), asked.token(), chosen);
            case Extended.Cached cached -> {}
            case Extended.Unreadable failed ->
                unreadable.add(new TickResult.Unreadable(extend.sequence(), failed.reason()));
        }
    }

    /** Frames of ids {@code [from, to)}. */
    private int frames(int[] ids, int from, int to) {
        return (int) Arrays.stream(ids, from, to).filter(id -> id == imageToken).count();
    }

    private void decode(EngineOp.Decode decode, Map<Long, List<Integer>> chosen) {
        List<Long> open = new ArrayList<>(decode.sequences());
        for (int step = 0; step < decode.steps(); step++) {
            open.removeIf(id -> running(id).isOver());
            if (open.isEmpty()) {
                return;
            }
            int[] tokens = session.decode(open);
            for (int i = 0; i < tokens.length; i++) {
                add(open.get(i), tokens[i], chosen);
            }
        }
    }

    private void add(long sequence, int token, Map<Long, List<Integer>> chosen) {
        running(sequence).answer.add(token);
        chosen.computeIfAbsent(sequence, id -> new ArrayList<>()).add(token);
    }

    private Running running(long sequence) {
        Running request = running.get(sequence);
        if (request == null) {
            throw new IllegalStateException("no request runs in the sequence: sequence=%d".formatted(sequence));
        }
        return request;
    }
}
