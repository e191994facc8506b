package io.longreel.runtime.serialization;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.serializers.ImmutableCollectionsSerializers;
import io.longreel.config.RuntimeFailure;
import io.longreel.config.StageSettings.Aspect;
import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.Placement;
import io.longreel.curriculum.corpus.Medium;
import io.longreel.curriculum.engine.EngineOp;
import io.longreel.curriculum.engine.EngineRequest;
import io.longreel.curriculum.engine.EngineTick;
import io.longreel.curriculum.engine.TickResult;
import io.longreel.curriculum.media.MediumView;
import io.longreel.model.InferenceSession.Kept;
import io.longreel.model.generate.Sampling;
import io.longreel.runtime.protocol.HeldSlice;
import io.longreel.runtime.protocol.LinkWaits;
import io.longreel.runtime.protocol.NodeCommand;
import io.longreel.runtime.protocol.NodeReport;
import io.longreel.runtime.protocol.RankCommand;
import io.longreel.runtime.protocol.RankPulse;
import io.longreel.runtime.protocol.RankReport;
import io.longreel.runtime.protocol.RankUsage;
import io.longreel.runtime.protocol.SentBytes;
import io.longreel.runtime.protocol.SkippedSample;
import io.longreel.runtime.protocol.SnapshotId;
import io.longreel.runtime.protocol.StepId;
import io.longreel.runtime.protocol.StepIntake;
import io.longreel.runtime.protocol.StepResult;
import io.longreel.runtime.protocol.StepTimes;
import io.longreel.runtime.protocol.SupervisorCommand;
import io.longreel.runtime.protocol.TestAnswer;
import io.longreel.runtime.protocol.WrittenSlice;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * The number of every class that may stand in a message. A number is never used again for another class, and never
 * changed (174 and 204 were slices that ranks wrote): processes of one job may come from builds that differ. New classes get the next free number of their block;
 * a test fails for a message without one.
 */
final class WireRegistry {
    /** Below: Kryo's primitives, then the immutable collections of the JDK in Kryo's own fixed order. */
    static final int FIRST_ID = 100;

    static final int ACTOR_REF = 100;

    /** What has a serializer of its own. */
    static final int ENGINE_REQUEST = 225;

    static final int PATH = 235;

    private static final Map<Integer, Class<?>> CLASSES = new TreeMap<>(Map.ofEntries(
            // Parts of messages.
            Map.entry(101, StepId.class),
            Map.entry(102, StepResult.class),
            Map.entry(103, TestAnswer.class),
            Map.entry(104, Placement.class),
            Map.entry(105, Placement.RankSite.class),
            Map.entry(106, Mesh.class),
            Map.entry(107, RuntimeFailure.Category.class),
            Map.entry(108, Mesh.Inner.class),
            Map.entry(109, SentBytes.class),
            Map.entry(110, SnapshotId.class),
            Map.entry(111, HeldSlice.class),
            Map.entry(112, WrittenSlice.class),
            Map.entry(113, RankPulse.class),
            Map.entry(114, StepTimes.class),
            Map.entry(115, SkippedSample.class),
            Map.entry(116, StepIntake.class),
            Map.entry(117, RankUsage.class),
            Map.entry(118, LinkWaits.class),
            Map.entry(220, EngineTick.class),
            Map.entry(221, EngineOp.Begin.class),
            Map.entry(222, EngineOp.Extend.class),
            Map.entry(223, EngineOp.Decode.class),
            Map.entry(224, EngineOp.End.class),
            Map.entry(226, TickResult.class),
            Map.entry(227, TickResult.Chosen.class),
            Map.entry(228, TickResult.Unreadable.class),
            Map.entry(229, Sampling.class),
            Map.entry(236, EngineOp.Recall.class),
            Map.entry(237, Kept.class),
            Map.entry(230, MediumView.class),
            Map.entry(231, MediumView.Look.class),
            Map.entry(232, Medium.class),
            Map.entry(233, Medium.Kind.class),
            Map.entry(234, Aspect.class),
            // To the supervisor.
            Map.entry(120, SupervisorCommand.NodeSays.class),
            Map.entry(121, SupervisorCommand.RankSays.class),
            Map.entry(122, SupervisorCommand.StopRun.class),
            // From and to nodes.
            Map.entry(140, NodeReport.JoinRequested.class),
            Map.entry(141, NodeReport.NodeReady.class),
            Map.entry(142, NodeReport.NodeFailed.class),
            Map.entry(143, NodeReport.Beat.class),
            Map.entry(144, NodeReport.RanksStopped.class),
            Map.entry(145, NodeReport.SlicesWritten.class),
            Map.entry(146, NodeReport.SlicesFailed.class),
            Map.entry(147, NodeReport.LeaveRequested.class),
            Map.entry(150, NodeCommand.Welcome.class),
            Map.entry(151, NodeCommand.StartRanks.class),
            Map.entry(152, NodeCommand.StopNode.class),
            Map.entry(153, NodeCommand.StopRanks.class),
            Map.entry(154, NodeCommand.WriteSlices.class),
            Map.entry(155, NodeCommand.NodeFenced.class),
            Map.entry(156, NodeCommand.JoinLater.class),
            Map.entry(157, NodeCommand.LeaveAsked.class),
            Map.entry(158, NodeCommand.KillProcess.class),
            // To ranks.
            Map.entry(170, RankCommand.PrepareModel.class),
            Map.entry(171, RankCommand.RestoreCheckpoint.class),
            Map.entry(172, RankCommand.BeginStage.class),
            Map.entry(173, RankCommand.RunStep.class),
            Map.entry(175, RankCommand.EndStage.class),
            Map.entry(176, RankCommand.EvaluateCell.class),
            Map.entry(177, RankCommand.ExportModel.class),
            Map.entry(178, RankCommand.AbortGeneration.class),
            Map.entry(179, RankCommand.Fenced.class),
            Map.entry(180, RankCommand.RestoreSnapshot.class),
            Map.entry(181, RankCommand.SkipStep.class),
            Map.entry(182, RankCommand.TakeSnapshot.class),
            Map.entry(183, RankCommand.RunTick.class),
            // From ranks.
            Map.entry(200, RankReport.RankConnected.class),
            Map.entry(201, RankReport.Prepared.class),
            Map.entry(202, RankReport.StageBegun.class),
            Map.entry(203, RankReport.StepFinished.class),
            Map.entry(205, RankReport.StageEnded.class),
            Map.entry(206, RankReport.CellEvaluated.class),
            Map.entry(207, RankReport.ModelExported.class),
            Map.entry(208, RankReport.RankFailed.class),
            Map.entry(209, RankReport.CommandFenced.class),
            Map.entry(210, RankReport.SnapshotTaken.class),
            Map.entry(211, RankReport.TickDone.class)));

    private WireRegistry() {}

    static Map<Integer, Class<?>> classes() {
        return CLASSES;
    }

    /** A Kryo that knows exactly these classes; used by one thread at a time. */
    static Kryo newKryo(ActorRefSerializer actorRefs) {
        Kryo kryo = new Kryo(new ActorRefClassResolver(), null);
        kryo.setRegistrationRequired(true);
        kryo.setReferences(false);
        ImmutableCollectionsSerializers.registerSerializers(kryo);
        if (kryo.getNextRegistrationId() > FIRST_ID) {
            throw new IllegalStateException("Kryo's own classes must stay below our numbers: next=%d first=%d"
                    .formatted(kryo.getNextRegistrationId(), FIRST_ID));
        }
        kryo.register(ActorRef.class, actorRefs, ACTOR_REF);
        kryo.addDefaultSerializer(Path.class, PathSerializer.class);
        kryo.register(PathSerializer.TYPE, new PathSerializer(), PATH);
        kryo.register(EngineRequest.class, new EngineRequestSerializer(), ENGINE_REQUEST);
        CLASSES.forEach((id, type) -> kryo.register(type, id));
        return kryo;
    }
}
