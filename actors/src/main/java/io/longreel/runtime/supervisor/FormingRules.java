package io.longreel.runtime.supervisor;

import io.longreel.config.topology.Placement;
import io.longreel.config.topology.Placement.RankSite;
import io.longreel.runtime.journal.JournalEntry;
import io.longreel.runtime.protocol.NodeCommand.StartRanks;
import io.longreel.runtime.protocol.NodeCommand.StopNode;
import io.longreel.runtime.protocol.NodeCommand.Welcome;
import io.longreel.runtime.protocol.NodeReport;
import io.longreel.runtime.protocol.NodeReport.JoinRequested;
import io.longreel.runtime.protocol.NodeReport.NodeFailed;
import io.longreel.runtime.protocol.NodeReport.NodeReady;
import io.longreel.runtime.protocol.RankReport.RankConnected;
import io.longreel.runtime.supervisor.SupervisorState.Member;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** From the first node that asks to join until all ranks are linked to each other. */
final class FormingRules {
    private FormingRules() {}

    static void onNode(Turn turn, NodeReport report) {
        switch (report) {
            case JoinRequested asked -> joinRequested(turn, asked);
            case NodeReady ready -> nodeReady(turn, ready);
            case NodeFailed failed -> EndingRules.nodeFailed(turn, failed);
        }
    }

    private static void joinRequested(Turn turn, JoinRequested asked) {
        SupervisorState state = turn.state();
        if (state.members().containsKey(asked.processId())) {
            if (state.phase() instanceof Phase.Forming) {
                welcome(turn, asked.processId()); // asked again before the first answer arrived
            }
            return;
        }
        if (!(state.phase() instanceof Phase.Forming)) {
            refuse(turn, asked, "the run has begun without it");
        } else if (state.members().size() >= turn.plan().nodes()) {
            refuse(
                    turn,
                    asked,
                    "the job already has its %d nodes".formatted(turn.plan().nodes()));
        } else if (state.members().values().stream().anyMatch(m -> m.nodeId().equals(asked.nodeId()))) {
            refuse(turn, asked, "another process has joined under this node id: give it another one with --node-id");
        } else {
            turn.become(state.with(new Member(asked.processId(), asked.nodeId(), false, "", "")));
            welcome(turn, asked.processId());
        }
    }

    private static void welcome(Turn turn, String processId) {
        turn.effect(new Effect.TellNode(processId, new Welcome(turn.plan().configText())));
    }

    private static void refuse(Turn turn, JoinRequested asked, String why) {
        turn.effect(new Effect.TellNode(
                asked.processId(), new StopNode(2, "node %s was refused: %s".formatted(asked.nodeId(), why))));
    }

    private static void nodeReady(Turn turn, NodeReady ready) {
        SupervisorState state = turn.state();
        if (!(state.phase() instanceof Phase.Forming) || !state.members().containsKey(ready.processId())) {
            turn.effect(new Effect.Note("node report ignored: " + ready));
            return;
        }
        turn.become(state.with(
                new Member(ready.processId(), ready.nodeId(), true, ready.dataEndpoint(), ready.driverDirectory())));
        int readyCount = (int)
                turn.state().members().values().stream().filter(Member::isReady).count();
        turn.announce(new RunNews.NodesJoined(readyCount, turn.plan().nodes()));
        if (readyCount == turn.plan().nodes()) {
            place(turn);
        }
    }

    /**
     * Ranks fill the nodes in the order of their ids, so that a Ulysses group is on one node and the same job is always
     * placed the same way.
     */
    private static void place(Turn turn) {
        SupervisorState state = turn.state();
        List<Member> nodes = state.members().values().stream()
                .sorted(Comparator.comparing(Member::nodeId))
                .toList();
        List<RankSite> sites = new ArrayList<>();
        for (int rank = 0; rank < state.worldSize(); rank++) {
            Member node = nodes.get(rank / turn.plan().ranksPerNode());
            sites.add(new RankSite(rank, node.nodeId(), node.processId(), node.dataEndpoint(), node.driverDirectory()));
        }
        Placement placement = new Placement(state.generation(), turn.plan().mesh(), sites);
        turn.become(state.placed(placement))
                .enter(new Phase.Connecting(state.allRanks()))
                .journal(new JournalEntry.Placed(
                        state.generation(), sites.stream().map(RankSite::nodeId).toList()))
                .announce(new RunNews.RanksConnecting(state.worldSize()));
        nodes.forEach(node -> turn.effect(new Effect.TellNode(
                node.processId(), new StartRanks(turn.state().at(), placement))));
    }

    static void rankConnected(Turn turn, RankConnected connected) {
        if (!(turn.state().phase() instanceof Phase.Connecting connecting)
                || !connected.at().equals(turn.state().at())
                || !connecting.waiting().contains(connected.rank())) {
            turn.ignore(connected);
            return;
        }
        var waiting = Phase.without(connecting.waiting(), connected.rank());
        turn.enter(new Phase.Connecting(waiting));
        if (waiting.isEmpty()) {
            StageRules.loadModel(turn);
        }
    }
}
