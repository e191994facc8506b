package io.longreel.model.verify;

import io.longreel.config.topology.Mesh;
import io.longreel.ops.device.Device;
import io.longreel.ops.device.Devices;
import io.longreel.ops.tensor.DType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;

/**
 * The whole verification, part after part, each spread over some threads; every case has a world of its own. Another device goes through the same grid.
 */
public final class Verification {
    private static final int COVERAGE_TOKENS_MAX = 257;
    private static final int COVERAGE_DEGREE_MAX = 8;
    /** Worlds that {@link ArrivalOrderCheck} runs are small: it is about messages. */
    private static final long ARRIVAL_ELEMENTS_MAX = 200_000;

    private static final double NANOS_PER_SECOND = 1e9;

    private final Options options;
    private final Device device;
    private final LongSupplier clockNs;
    private final Progress progress;

    /**
     * How much to verify.
     *
     * @param all everything; otherwise a part that takes a minute
     */
    public record Options(boolean all, int threads, long seed) {}

    /** Told how far a part is; by one thread at a time. */
    public interface Progress {
        void at(String part, int done, int total);
    }

    private Verification(Options options, Device device, LongSupplier clockNs, Progress progress) {
        this.options = options;
        this.device = device;
        this.clockNs = clockNs;
        this.progress = progress;
    }

    public static VerificationReport run(Options options, Device device, LongSupplier clockNs, Progress progress) {
        return new Verification(options, device, clockNs, progress).run();
    }

    private VerificationReport run() {
        long startNs = clockNs.getAsLong();
        AttentionGrid grid =
                options.all() ? AttentionGrid.all(options.seed()) : AttentionGrid.representative(options.seed());
        List<List<AttentionCase>> groups = new ArrayList<>(options.all() ? PublicCases.all() : List.of());
        int publicCases = groups.stream().mapToInt(List::size).sum();
        grid.cases().forEach(c -> groups.add(List.of(c)));
        ReportBuilder report = new ReportBuilder(grid, publicCases);
        List<List<CaseResult>> results =
                with("attention", groups, (run, group) -> new AttentionCheck(run).checkAll(group));
        report.attention(results.stream().flatMap(List::stream).toList());
        report.coverage(with("coverage", lengths(), (run, tokens) -> coverage().ofLength(tokens)));
        report.controls(controls());
        report.redistribution(with("redistribution", redistributions(), (run, r) -> redistribution(r)));
        report.arrivalOrder(
                with("arrival order", arrivalCases(), (run, c) -> new ArrivalOrderCheck(run, options.seed()).check(c)));
        report.meshes(meshes());
        double seconds = (clockNs.getAsLong() - startNs) / NANOS_PER_SECOND;
        return report.build(device.name(), options.seed(), options.all(), seconds);
    }

    private <T, V> List<V> with(String part, List<T> tasks, BiFunction<AttentionRun, T, V> work) {
        return on(device, part, tasks, work);
    }

    private <T, V> List<V> on(Device computing, String part, List<T> tasks, BiFunction<AttentionRun, T, V> work) {
        AtomicInteger done = new AtomicInteger();
        progress.at(part, 0, tasks.size());
        return ParallelTasks.run(
                options.threads(),
                tasks,
                () -> new AttentionRun(computing, clockNs),
                work,
                result -> progress.at(part, done.incrementAndGet(), tasks.size()));
    }

    private CoverageProof coverage() {
        return new CoverageProof(
                MaskCase.forCoverage(),
                List.of(PackingCase.values()),
                COVERAGE_DEGREE_MAX,
                COVERAGE_DEGREE_MAX,
                options.seed());
    }

    /** The longest first: threads then end together. */
    private List<Integer> lengths() {
        return IntStream.rangeClosed(1, COVERAGE_TOKENS_MAX)
                .map(i -> COVERAGE_TOKENS_MAX + 1 - i)
                .filter(tokens -> options.all() || tokens <= 4 || tokens % 32 == 1)
                .boxed()
                .toList();
    }

    private List<Control> controls() {
        List<Control> controls = new ArrayList<>(Controls.published());
        List<Mistake> mistakes = new ArrayList<>();
        for (BrokenSharding mistake : BrokenSharding.values()) {
            MaskCase.forCoverage().forEach(mask -> mistakes.add(new Mistake(mistake, mask)));
        }
        controls.addAll(
                with("controls", mistakes, (run, m) -> Controls.coverage(m.mistake(), m.mask(), options.seed())));
        controls.addAll(with(
                "controls of numbers",
                types(MaskCase.forCoverage()),
                (run, m) -> Controls.onePair(run, m.mask(), m.exchange(), options.seed())));
        return controls;
    }

    private List<MeshDifference.Summary> meshes() {
        List<MeshDifference.Summary> fast = with(
                "meshes",
                types(MaskCase.forGrid()),
                (run, m) -> MeshDifference.of(run, m.mask(), m.exchange(), false, options.seed()));
        List<MeshDifference.Summary> all = new ArrayList<>(fast);
        all.addAll(on(
                Devices.plain(), // which computes where a session has exact sums, too
                "meshes, exact sums",
                types(options.all() ? MaskCase.forGrid() : List.of(MaskCase.causal())),
                (run, m) -> MeshDifference.of(run, m.mask(), m.exchange(), true, options.seed())));
        return all;
    }

    private record Mistake(BrokenSharding mistake, MaskCase mask) {}

    private record MaskType(MaskCase mask, DType exchange) {}

    private static List<MaskType> types(List<MaskCase> masks) {
        return masks.stream()
                .flatMap(mask -> List.of(DType.F32, DType.BF16).stream().map(type -> new MaskType(mask, type)))
                .toList();
    }

    private record Moves(Mesh mesh, int tokens) {}

    private RedistributionCheck.Summary redistribution(Moves moves) {
        return new RedistributionCheck(device, options.seed()).check(moves.mesh(), moves.tokens());
    }

    private List<Moves> redistributions() {
        int[] lengths = options.all() ? new int[] {1, 2, 7, 16, 33, 100, 257, 1024} : new int[] {1, 33, 100};
        List<Moves> moves = new ArrayList<>();
        for (Mesh mesh : AttentionGrid.meshes()) {
            if (options.all() || mesh.worldSize() <= 4) {
                Arrays.stream(lengths).forEach(tokens -> moves.add(new Moves(mesh, tokens)));
            }
        }
        return moves;
    }

    private List<AttentionCase> arrivalCases() {
        return AttentionGrid.representative(options.seed()).cases().stream()
                .filter(c -> c.mesh().worldSize() > 1 && c.shape().elementsMax() <= ARRIVAL_ELEMENTS_MAX)
                .filter(c -> c.shape().tokens() > 1)
                .limit(options.all() ? Integer.MAX_VALUE : 12)
                .toList();
    }
}
