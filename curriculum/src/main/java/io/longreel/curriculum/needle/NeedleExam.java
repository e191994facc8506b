package io.longreel.curriculum.needle;

import io.longreel.config.DataSettings.Sampling;
import io.longreel.config.RuntimeFailure;
import io.longreel.config.StageSettings.Aspect;
import io.longreel.curriculum.chat.ChatService;
import io.longreel.curriculum.chat.PromptEncoder;
import io.longreel.curriculum.dataset.SeedPath;
import io.longreel.curriculum.eval.NeedleGrid;
import io.longreel.curriculum.image.ImageLayout;
import io.longreel.curriculum.image.ImageProcessor;
import io.longreel.curriculum.video.FootagePool;
import io.longreel.curriculum.video.FootageStore;
import io.longreel.model.AnswerRun;
import io.longreel.model.ModelConfig;
import io.longreel.model.SessionOptions;
import io.longreel.ops.device.Devices;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * Needle in a video haystack for any finished model (LongVILA, section 5.3; specification 7.1): for each length and depth a few needles, one forward each. The
 * first frames of the footage are the haystack of each length, so that frames which were encoded once serve all cells as far as there is memory for them. Cells that are on disk are not tested
 * again. Belongs to the thread that opened it.
 */
public final class NeedleExam implements AutoCloseable {
    /** Cards in a cell, as many as the paper has needles. */
    private static final int CARDS = 5;

    private static final double DEPTH_UNITS = 1e4;
    private static final double ROUNDING = 1e-9;

    /** A length and a depth that are to be tested. */
    private record Cell(int frames, double depth, List<Examinee.Test> tests) {}

    private final ExamSettings settings;
    private final LongSupplier clockNs;
    private final PromptEncoder encoder;
    private final FootageStore footage;
    private final ImageProcessor processor;
    private final Optional<NeedleFile> needles;
    private final Examinee examinee;
    private final List<Cell> cells;

    private NeedleExam(
            ExamSettings settings,
            Optional<ChatService> service,
            PromptEncoder encoder,
            FootageStore footage,
            LongSupplier clockNs) {
        this.settings = settings;
        this.clockNs = clockNs;
        this.encoder = encoder;
        this.footage = footage;
        this.processor = processor(encoder);
        Aspect aspect = encoder.aspect() == Aspect.PAD ? Aspect.PAD : Aspect.RESIZE;
        this.needles = settings.needles().map(file -> NeedleFile.read(file, ImageLayout.of(aspect, processor)));
        List<Integer> lengths = settings.lengths(footage.footage().frameCount());
        this.cells = cells(lengths);
        this.examinee = examinee(service, lengths.getLast());
    }

    private static ImageProcessor processor(PromptEncoder encoder) {
        return ImageProcessor.of(
                encoder.origin().visionTower(), encoder.model().vision().imageSize());
    }

    /**
     * Opens model, footage and needles.
     *
     * @param service what answers by generation; not needed, and not closed, by others
     * @param clockNs of the times that cells take
     */
    public static NeedleExam open(ExamSettings settings, Optional<ChatService> service, LongSupplier clockNs) {
        PromptEncoder encoder = PromptEncoder.open(settings.model(), settings.asking(), clockNs);
        try {
            FootagePool pool = FootagePool.open(
                    settings.haystack(),
                    encoder.model().vision().imageSize(),
                    new Sampling(Integer.MAX_VALUE, settings.framesPerSecondMax()));
            FootageStore footage = open(pool, settings);
            try {
                return new NeedleExam(settings, service, encoder, footage, clockNs);
            } catch (RuntimeException e) {
                footage.close();
                throw e;
            }
        } catch (RuntimeException e) {
            encoder.close();
            throw e;
        }
    }

    private static FootageStore open(FootagePool pool, ExamSettings settings) {
        try {
            return FootageStore.open(pool, settings.asking().frameCacheBytes());
        } catch (RuntimeException e) {
            pool.close();
            throw e;
        }
    }

    private Examinee examinee(Optional<ChatService> service, int framesMax) {
        return switch (settings.by()) {
            case TEACHER ->
                new TeacherForced(
                        encoder,
                        footage,
                        processor,
                        new AnswerRun.Setting(
                                encoder.origin(),
                                encoder.model(),
                                settings.mesh(),
                                Devices.cpu(),
                                SessionOptions.DEFAULTS,
                                encodedFrameBytes(framesMax),
                                clockNs));
            case GENERATION ->
                new Generated(
                        service.orElseThrow(
                                () -> RuntimeFailure.config(
                                        "needle tests by generation need a service that generates answers, and there is none; test by teacher")),
                        encoder,
                        footage,
                        settings.out().resolve("haystack"));
        };
    }

    /** No more than there are frames: what is allowed is taken at once. */
    private long encodedFrameBytes(int framesMax) {
        ModelConfig model = encoder.model();
        long frameBytes = (long) model.tokensPerFrame() * model.llm().hiddenSize() * Float.BYTES;
        int added = needles.map(file -> file.needles().size()).orElse(0);
        return Math.min(
                settings.encodedFrameBytes(),
                frameBytes * (framesMax + added) * settings.mesh().worldSize());
    }

    private List<Cell> cells(List<Integer> lengths) {
        List<Double> depths = settings.depths().stream().distinct().sorted().toList();
        List<Cell> all = new ArrayList<>();
        for (int frames : lengths) {
            for (double depth : depths) {
                int at = (int) Math.floor(depth * frames + ROUNDING);
                List<Examinee.Test> tests = hidden(frames, depth).stream()
                        .map(needle ->
                                new Examinee.Test(frames, Math.min(at, frames - 1 + needle.framesAdded()), needle))
                        .toList();
                all.add(new Cell(frames, depth, tests));
            }
        }
        return List.copyOf(all);
    }

    private List<HiddenNeedle> hidden(int frames, double depth) {
        SeedPath seed = SeedPath.root(0).child("needles").child(frames).child(Math.round(depth * DEPTH_UNITS));
        return needles.map(NeedleFile::needles)
                .orElseGet(() -> NeedleGrid.drawDigits(CARDS, seed).stream()
                        .map(HiddenNeedle::card)
                        .toList());
    }

    /** How large the test is. */
    public ExamPlan plan() {
        return new ExamPlan(
                footage.footage().frameCount(),
                cells.size(),
                cells.getFirst().tests().size(),
                cells.getLast().tests().stream()
                        .mapToLong(examinee::tokens)
                        .max()
                        .orElse(0),
                encoder.model().llm().maxPositions());
    }

    private String fingerprint() {
        Fingerprint fingerprint = new Fingerprint();
        fingerprint.add("needle 1 " + settings.by() + " " + settings.framesPerSecondMax());
        fingerprint.add(settings.asking().prompt().template().orElse("the tokenizer's"));
        fingerprint.add(settings.asking().prompt().system().orElse("the template's"));
        fingerprint.addModel(settings.model());
        settings.haystack().forEach(fingerprint::add);
        List<Path> files = needles.map(NeedleFile::files).orElse(List.of());
        fingerprint.add("needles " + files.size());
        files.forEach(fingerprint::add);
        return fingerprint.hex();
    }

    /**
     * Tests what is not tested yet, and writes {@code needle.json} and {@code needle.png}.
     *
     * @throws RuntimeFailure of category CONFIG when the folder has cells of something else
     */
    public ExamResult run(ExamListener listener) {
        CellStore store = CellStore.open(settings.out(), fingerprint());
        List<CellResult> done = new ArrayList<>();
        List<Cell> left = new ArrayList<>();
        for (Cell cell : cells) {
            Optional<CellResult> known = settings.isAnew() ? Optional.empty() : store.find(cell.frames(), cell.depth());
            known.ifPresentOrElse(done::add, () -> left.add(cell));
        }
        listener.begun(plan(), done.size());
        if (!left.isEmpty()) {
            List<Examinee.Test> tests =
                    left.stream().flatMap(cell -> cell.tests().stream()).toList();
            examinee.answer(tests, new Answers(left, tests.size(), store, done, listener));
        }
        ExamResult result = result(done);
        result.write();
        return result;
    }

    private ExamResult result(List<CellResult> done) {
        List<CellResult> ordered = new ArrayList<>();
        for (Cell cell : cells) {
            done.stream()
                    .filter(result -> result.frames() == cell.frames() && result.depth() == cell.depth())
                    .forEach(ordered::add);
        }
        return new ExamResult(settings, ordered);
    }

    /** Gathers answers into cells. On the thread that answers, one at a time. */
    private final class Answers implements Examinee.Answers {
        private final List<Cell> left;
        private final int testsAll;
        private final CellStore store;
        private final List<CellResult> done;
        private final ExamListener listener;
        private final List<CellResult.Test> answered = new ArrayList<>();
        private long begunNs;
        private int cell;
        private int testsDone;

        private Answers(List<Cell> left, int testsAll, CellStore store, List<CellResult> done, ExamListener listener) {
            this.left = left;
            this.testsAll = testsAll;
            this.store = store;
            this.done = done;
            this.listener = listener;
        }

        @Override
        public void begun() {
            begunNs = clockNs.getAsLong();
        }

        @Override
        public void answered(CellResult.Test result) {
            answered.add(result);
            listener.tested(++testsDone, testsAll);
            Cell current = left.get(cell);
            if (answered.size() < current.tests().size()) {
                return;
            }
            long nowNs = clockNs.getAsLong();
            long tokens =
                    current.tests().stream().mapToLong(examinee::tokens).max().orElse(0);
            CellResult whole = new CellResult(current.frames(), current.depth(), answered, tokens, nowNs - begunNs);
            store.keep(whole);
            done.add(whole);
            result(done).write();
            listener.finished(whole, done.size(), cells.size());
            answered.clear();
            cell++;
            begunNs = clockNs.getAsLong();
        }
    }

    @Override
    public void close() {
        footage.close();
        encoder.close();
    }
}
