package io.longreel.chaos.scenario;

import java.util.List;

/** Numbers that are wrong: gradients, samples, memory. */
final class DataScenarios {
    private DataScenarios() {}

    static List<Scenario> all() {
        return List.of(
                Scenario.of(
                                "nan-once",
                                "NaN gradient, once",
                                "backward",
                                "A gradient is not a number, once: the step is computed again and is right.")
                        .faults("{at={rank=1,step=7,phase=backward,occurrence=2},do=nan}")
                        .check(Checks.unharmed())
                        .check(Checks.says("what was wrong with it was passing"))
                        .build(),
                Scenario.of(
                                "nan-node",
                                "NaN gradient, one node",
                                "backward",
                                "Gradients on one node are not numbers whenever it computes: a spare takes its place, and the step is right.")
                        .faults("{at={rank=any,node=node-1,step=7,phase=backward,occurrence=2},do=nan,times=0}")
                        .set("recovery.spares=1")
                        .check(Checks.unharmed())
                        .build(),
                Scenario.of(
                                "nan-sample",
                                "poisoned sample",
                                "data",
                                "The pixels of a step's samples are not numbers wherever they are read: its samples are skipped, and said so.")
                        .faults("{at={rank=any,step=7,phase=data},do=nan,times=0}")
                        .check(Checks.struck(), Checks.ended(0), Checks.noLeftWorkers())
                        .check(Checks.sameStepsBefore(7))
                        .check(Checks.journalHas("SamplesQuarantined", "globalStep=7"))
                        .build(),
                Scenario.of(
                                "bit-flip",
                                "bit flip, weights",
                                "idle",
                                "A bit of a weight changes in memory: found before it is updated or copied.")
                        .faults("{at={rank=1,step=7,phase=idle},do=bit-flip}")
                        .check(Checks.unharmed())
                        .check(Checks.says("silent corruption, the memory of rank 1 changed"))
                        .build());
    }
}
