package io.longreel.runtime.trace;

import io.longreel.config.ChaosSettings.Phase;
import io.longreel.config.TraceSettings;
import io.longreel.model.PackedBatch;
import io.longreel.ops.device.Device;
import io.longreel.runtime.protocol.StepId;
import io.longreel.runtime.rank.RankInstruments;
import io.longreel.runtime.trace.TraceLog.Kind;
import io.longreel.transport.RankEndpoint;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** Records the steps that the settings name, from the command to the vote, and nothing else. The rank's compute thread's own. */
final class StepTrace implements RankInstruments {
    private final TraceSettings settings;
    private final TraceLog log;
    private boolean isRecording;
    private boolean isGivenUp;
    private long stepNs;
    private long dataNs;

    StepTrace(TraceSettings settings, Path folder, int rank, LongSupplier clockNs, InstantSource wallClock) {
        this.settings = settings;
        this.log = new TraceLog(TraceFile.ofRank(folder, rank), rank, clockNs, wallClock);
    }

    boolean isRecording() {
        return isRecording;
    }

    /** When something begins, ns of the steady clock; 0 where nothing is recorded. */
    long begin() {
        return isRecording ? log.nowNs() : 0;
    }

    /** Something ends that began at {@code startNs}. */
    void end(Kind kind, String name, Supplier<String> detail, long startNs) {
        if (isRecording) {
            log.add(kind, name, detail, startNs);
        }
    }

    @Override
    public void reached(StepId at, Phase phase) {
        switch (phase) {
            case IDLE -> {
                log.clear();
                isRecording = !isGivenUp && settings.covers(at.step());
                stepNs = begin();
            }
            case DATA -> dataNs = begin();
            case VOTE -> {
                // Last in the file: what stands before it is of a whole step.
                end(Kind.STEP, TraceFile.step(at), () -> "generation %d".formatted(at.generation()), stepNs);
                isRecording = false;
                isGivenUp |= !log.isEmpty() && !log.flush();
            }
            default -> {}
        }
    }

    @Override
    public RankEndpoint around(RankEndpoint endpoint) {
        return new TracedEndpoint(endpoint, this);
    }

    @Override
    public Device around(Device device) {
        return new TracedDevice(device, this);
    }

    @Override
    public List<PackedBatch> around(List<PackedBatch> batches) {
        end(Kind.DATA, "samples", () -> "", dataNs);
        return batches;
    }
}
