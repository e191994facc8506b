package io.longreel.model.checkpoint;

import java.util.Map;
import java.util.TreeMap;

/**
 * Where a checkpoint comes from, beyond what is needed to load it: what a run that goes on from it is held to.
 *
 * @param stageIndex stage of the run, from 0; with the manifest's step this is the data position
 * @param generation mesh incarnation that wrote it
 * @param build version of the program
 * @param ledger samples consumed up to here
 * @param configDigests SHA-256 in hex of each part of the configuration by its key
 */
public record Provenance(
        int stageIndex, int generation, String build, SampleLedger ledger, Map<String, String> configDigests) {

    /** What the manifest says about random state: there is none to save. */
    public static final String RANDOM_STATE =
            "counter-based: every draw follows from the seed and (stage, step, sample), or (name) for an initial weight; seed and position are all";

    public Provenance {
        configDigests = new TreeMap<>(configDigests);
    }
}
