package io.longreel.runtime.trace;

import io.longreel.config.ChaosSettings.Phase;
import io.longreel.config.TraceSettings;
import io.longreel.model.PackedBatch;
import io.longreel.ops.device.Device;
import io.longreel.runtime.protocol.StepId;
import io.longreel.runtime.rank.RankInstruments;
import io.longreel.runtime.trace.SpanLog.Kind;
import io.longreel.transport.RankEndpoint;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.function.LongSupplier;

/** Records the steps that the settings name, from the command to the vote, and nothing else. The rank's compute thread's own. */
final class StepTrace implements RankInstruments {
    private static final String FILE = "rank-%d.jsonl";

    private final TraceSettings settings;
    private final SpanLog log;
    private boolean isRecording;
    private long stepNs;
    private long dataNs;

    StepTrace(TraceSettings settings, Path folder, int rank, LongSupplier clockNs, InstantSource wallClock) {
        this.settings = settings;
        this.log = new SpanLog(folder.resolve(FILE.formatted(rank)), rank, clockNs, wallClock);
    }

    boolean isRecording() {
        return isRecording;
    }

    /** When something begins, ns of the steady clock; 0 where nothing is recorded. */
    long begin() {
        return isRecording ? log.nowNs() : 0;
    }

    /** Something ends that began at {@code startNs}. */
    void end(Kind kind, String name, String detail, long startNs) {
        if (isRecording) {
            log.add(kind, name, detail, startNs);
        }
    }

    @Override
    public void reached(StepId at, Phase phase) {
        switch (phase) {
            case IDLE -> {
                log.clear();
                isRecording = settings.covers(at.step());
                stepNs = begin();
            }
            case DATA -> dataNs = begin();
            case VOTE -> {
                end(
                        Kind.STEP,
                        "step %d".formatted(at.step()),
                        "stage %d, generation %d".formatted(at.stage(), at.generation()),
                        stepNs);
                isRecording = false;
                if (!log.isEmpty()) {
                    log.flush();
                }
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
        end(Kind.DATA, "samples", "", dataNs);
        return batches;
    }
}
