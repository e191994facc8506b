package io.longreel.config.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.longreel.config.PlanPresets;
import io.longreel.config.RuntimeFailure;
import io.longreel.config.topology.Mesh;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Ranks that share cores. */
class CoreSharingTest {
    private static final ModelShape MODEL = PlanPresets.model("qwen2-1.5b");
    private static final ClusterSpec DEVICES = PlanPresets.cluster("this-machine", 1);
    private static final Software SOFTWARE = PlanPresets.software("longreel");

    private static StepCost cost(ClusterSpec machine, Mesh mesh) {
        Workload work = new Workload(8 * 197 + 64, 8, mesh.dataDegree(), new Workload.Trains(true, true, true));
        int ranks = mesh.worldSize();
        return CostModel.of(new StepCase(
                MODEL,
                machine.withRanks(ranks, ranks),
                SOFTWARE,
                work,
                Method.TWO_D,
                new MeshChoice(mesh, 1, 1, false)));
    }

    private static ClusterSpec cores(int cores, double alone) {
        return new ClusterSpec(
                DEVICES.hardware(), 1, 1, DEVICES.inside(), DEVICES.between(), new CoreSharing(cores, alone));
    }

    /** On two cores, a core being a quarter faster while the other one rests. */
    @ParameterizedTest
    @CsvSource({"1, 0.8", "2, 1", "3, 1.5", "16, 8"})
    void shouldTakeTheWorkOfAllRanksOverTheCores(int ranks, double stretch) {
        assertEquals(stretch, new CoreSharing(2, 1.25).stretch(ranks), 1e-12);
    }

    @Test
    void shouldShareWhatRestingCoresLeave() {
        assertEquals(1 / 1.2, new CoreSharing(4, 1.3).stretch(2), 1e-12);
        assertEquals(5, new CoreSharing(1, 1).stretch(5), 1e-12);
        assertEquals(1, CoreSharing.NONE.stretch(512));
    }

    /** What is computed is as much on any mesh: with sixteen ranks it takes as long as with two, and half as long as on one core. */
    @Test
    void shouldGainNothingBeyondTheCores() {
        ClusterSpec machine = cores(2, 1);
        StepCost one = cost(machine, Mesh.single());
        StepCost two = cost(machine, new Mesh(1, 1, 2));
        StepCost eight = cost(machine, new Mesh(1, 2, 4));
        assertEquals(one.linear(), 2 * two.linear(), 1e-9);
        assertEquals(two.linear(), eight.linear(), 1e-9);
        assertEquals(two.vision(), eight.vision(), 0.01 * two.vision());
        // Copies of gradients and weights are made by the same cores.
        assertEquals(
                4 * two.gathersExposed() * (7 / 8.0) / (1 / 2.0),
                eight.gathersExposed(),
                0.001 * eight.gathersExposed());
    }

    @Test
    void shouldLeaveDevicesOfTheirOwnAlone() {
        Mesh mesh = new Mesh(1, 2, 4);
        assertEquals(cost(DEVICES, mesh), cost(cores(8, 1), mesh));
    }

    @Test
    void shouldRefuseCoresThatSlowEachOtherUpByResting() {
        assertThrows(RuntimeFailure.class, () -> new CoreSharing(2, 0.9));
        assertThrows(RuntimeFailure.class, () -> new CoreSharing(-1, 1));
    }
}
