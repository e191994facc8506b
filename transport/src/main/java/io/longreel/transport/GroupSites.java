package io.longreel.transport;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Which members of a group share a node, and who takes bytes off the network for the others there. What every member of a node needs crosses
 * the network once, to one relay, which hands it on through memory; relays are spread over a node's members, so that all take their part. Pure
 * arithmetic over group indices, equal on all members.
 */
final class GroupSites {
    private final int[] nodeOf;
    private final int[] placeOf;
    private final List<List<Integer>> membersOf = new ArrayList<>();

    /** @param nodes name of each member's node, in group order */
    GroupSites(List<String> nodes) {
        this.nodeOf = new int[nodes.size()];
        this.placeOf = new int[nodes.size()];
        Map<String, Integer> numbers = new TreeMap<>();
        for (int member = 0; member < nodes.size(); member++) {
            int node = numbers.computeIfAbsent(nodes.get(member), name -> numbers.size());
            if (node == membersOf.size()) {
                membersOf.add(new ArrayList<>());
            }
            nodeOf[member] = node;
            placeOf[member] = membersOf.get(node).size();
            membersOf.get(node).add(member);
        }
    }

    boolean together(int a, int b) {
        return nodeOf[a] == nodeOf[b];
    }

    /** Of the members that share a node with {@code member}, the one to which {@code from}, on another node, sends what is for all of them. */
    int relay(int from, int member) {
        List<Integer> there = membersOf.get(nodeOf[member]);
        return there.get(placeOf[from] % there.size());
    }
}
