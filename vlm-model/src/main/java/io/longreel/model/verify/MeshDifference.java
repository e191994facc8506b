package io.longreel.model.verify;

import io.longreel.config.topology.Mesh;
import io.longreel.model.verify.AttentionRun.Outcome;
import io.longreel.ops.tensor.DType;
import io.longreel.transport.fault.LinkFault;
import java.util.List;

/**
 * By how much results of one mesh differ from those of another: the same sequence on one rank and on many meshes in all layouts. With fast sums, whose
 * order the mesh decides, this is measured, not limited: each mesh by itself is held to its tolerance elsewhere. With exact sums no bit may differ.
 */
final class MeshDifference {
    private static final List<Mesh> MESHES = List.of(
            new Mesh(1, 1, 1),
            new Mesh(1, 2, 1),
            new Mesh(1, 1, 2),
            new Mesh(1, 2, 2),
            new Mesh(1, 3, 2),
            new Mesh(1, 8, 1),
            new Mesh(1, 1, 8),
            new Mesh(1, 4, 4),
            new Mesh(1, 2, 8));

    /**
     * @param results results beside that of one rank
     * @param equal those of them with the same bits
     * @param worst largest difference relative to {@code max(1, |x|)}
     */
    record Summary(String mask, String exchange, boolean exact, int results, int equal, AttentionErrors worst) {
        /** Fast sums may differ. */
        boolean passed() {
            return !exact || equal == results;
        }
    }

    private MeshDifference() {}

    /** @param run on a device that computes exact sums, if they shall be exact; the sequence is then shorter, as such a device is slow */
    static Summary of(AttentionRun run, MaskCase mask, DType exchange, boolean exact, long seed) {
        AttentionShape shape = exact ? new AttentionShape(96, 8, 2, 16, 16) : new AttentionShape(384, 8, 2, 64, 64);
        int[] documents = exact ? new int[] {50, 1, 30, 15} : new int[] {200, 1, 120, 63};
        AttentionErrors worst = AttentionErrors.NONE;
        int results = 0;
        int equal = 0;
        Outcome first = null;
        for (Mesh mesh : MESHES) {
            for (LayoutCase layout : LayoutCase.values()) {
                AttentionCase c = new AttentionCase("meshes", mesh, layout, mask, exchange, shape, documents, seed);
                Outcome outcome = exact
                        ? run.runExact(c, c.sequence(), c.inputs())
                        : run.run(c, c.sequence(), c.inputs(), LinkFault.NONE);
                if (first == null) {
                    first = outcome;
                    continue;
                }
                AttentionErrors difference = AttentionErrors.between(first, outcome);
                results++;
                equal += difference.equals(AttentionErrors.NONE) ? 1 : 0;
                worst = worst.max(difference);
            }
        }
        return new Summary(mask.name(), exchange.name(), exact, results, equal, worst);
    }
}
