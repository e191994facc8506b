package io.longreel.curriculum.eval;

import io.longreel.config.topology.Mesh;
import io.longreel.curriculum.eval.Drawing.Anchor;
import java.util.List;

/**
 * The mesh as a picture: nodes as boxes with their ranks in them, the groups of the inner axis as tinted fields, Ulysses groups (all-to-all over
 * heads) as arrows both ways between neighbours, and rings (keys and values) as arrows from rank to rank, one colour per ring.
 */
final class MeshPicture implements Picture {
    private static final int[] RING_COLOURS = {
        0x4c78a8, 0xe45756, 0x54a24b, 0xb279a2, 0xf58518, 0x72b7b2, 0x9d755d, 0x7f7f7f
    };
    private static final int INK = 0x1f2733;
    private static final int FAINT = 0x68717f;
    private static final int NODE = 0xf3f5f8;
    private static final int ULYSSES = 0xd9ead3;
    private static final int RING = 0xdde6f2;
    private static final int EXCHANGE = 0x4d8f4a;

    private static final double RANK_WIDTH = 132;
    private static final double RANK_HEIGHT = 52;
    private static final double RANK_GAP = 30;
    private static final double GROUP_PAD = 14;
    private static final double GROUP_GAP = 16;
    private static final double NODE_PAD = 18;
    private static final double NODE_HEADER = 30;
    private static final double NODE_GAP = 96;
    private static final double MARGIN = 18;
    private static final double LANE = 10;
    private static final double TOP = 40;

    private final Mesh mesh;
    private final int nodes;
    private final int ranksPerNode;

    private MeshPicture(Mesh mesh, int nodes, int ranksPerNode) {
        this.mesh = mesh;
        this.nodes = nodes;
        this.ranksPerNode = ranksPerNode;
    }

    static MeshPicture of(Mesh mesh, int nodes, int ranksPerNode) {
        return new MeshPicture(mesh, nodes, ranksPerNode);
    }

    @Override
    public String title() {
        return "the mesh: " + mesh;
    }

    private int groupsPerNode() {
        return Math.max(1, ranksPerNode / mesh.innerDegree());
    }

    /** Arrows that run round the nodes, from the last rank of a ring back to its first. */
    private int lanes() {
        boolean crossesNodes = mesh.worldGroup().stream()
                .anyMatch(rank -> mesh.ringGroup(rank).getLast() / ranksPerNode > rank / ranksPerNode);
        return crossesNodes ? ranksPerNode : 0;
    }

    private double left() {
        return MARGIN + lanes() * LANE;
    }

    private double nodeWidth() {
        return RANK_WIDTH + 2 * (GROUP_PAD + NODE_PAD);
    }

    private double groupHeight() {
        return mesh.innerDegree() * RANK_HEIGHT + (mesh.innerDegree() - 1) * RANK_GAP + 2 * GROUP_PAD;
    }

    private double nodeHeight() {
        return NODE_HEADER + groupsPerNode() * groupHeight() + (groupsPerNode() - 1) * GROUP_GAP + NODE_PAD;
    }

    @Override
    public double width() {
        return Math.max(560, 2 * left() + nodes * nodeWidth() + (nodes - 1) * NODE_GAP);
    }

    @Override
    public double height() {
        return TOP + nodeHeight() + lanes() * LANE + 52;
    }

    private double rankX(int rank) {
        int node = rank / ranksPerNode;
        return left() + node * (nodeWidth() + NODE_GAP) + NODE_PAD + GROUP_PAD;
    }

    private double rankY(int rank) {
        int inNode = rank % ranksPerNode;
        int group = inNode / mesh.innerDegree();
        int place = inNode % mesh.innerDegree();
        return TOP + NODE_HEADER + group * (groupHeight() + GROUP_GAP) + GROUP_PAD + place * (RANK_HEIGHT + RANK_GAP);
    }

    @Override
    public void draw(Drawing drawing) {
        String degrees = "%d ranks = data %d × ring %d × Ulysses %d"
                .formatted(mesh.worldSize(), mesh.dataDegree(), mesh.ringDegree(), mesh.ulyssesDegree());
        drawing.text(MARGIN, 22, 14, Anchor.START, true, INK, degrees);
        for (int node = 0; node < nodes; node++) {
            drawNode(drawing, node);
        }
        for (int rank = 0; rank < mesh.worldSize(); rank++) {
            if (mesh.ringDegree() > 1) {
                drawRingStep(drawing, rank);
            }
            drawExchange(drawing, rank);
        }
        for (int rank = 0; rank < mesh.worldSize(); rank++) {
            drawRank(drawing, rank);
        }
        drawLegend(drawing);
    }

    private void drawNode(Drawing drawing, int node) {
        double x = left() + node * (nodeWidth() + NODE_GAP);
        drawing.rectangle(x, TOP, nodeWidth(), nodeHeight(), 12, NODE, 1);
        drawing.text(x + NODE_PAD, TOP + 20, 12.5, Anchor.START, true, FAINT, "node " + node);
        for (int group = 0; group < groupsPerNode(); group++) {
            int first = node * ranksPerNode + group * mesh.innerDegree();
            if (mesh.innerDegree() < 2 || first >= mesh.worldSize()) {
                continue;
            }
            double y = rankY(first) - GROUP_PAD;
            int field = ulyssesInside() ? ULYSSES : RING;
            drawing.rectangle(x + NODE_PAD, y, nodeWidth() - 2 * NODE_PAD, groupHeight(), 10, field, 0.75);
        }
    }

    private boolean ulyssesInside() {
        return mesh.inner() == Mesh.Inner.ULYSSES;
    }

    /** The arrow both ways between a rank and the next of its Ulysses group; between nodes it leaves room for the ring's. */
    private void drawExchange(Drawing drawing, int rank) {
        List<Integer> group = mesh.ulyssesGroup(rank);
        int place = mesh.ulyssesOf(rank);
        if (place + 1 == group.size()) {
            return;
        }
        int next = group.get(place + 1);
        if (rank / ranksPerNode == next / ranksPerNode && ulyssesInside()) {
            double middle = rankX(rank) + RANK_WIDTH / 2;
            double top = rankY(rank) + RANK_HEIGHT + 3;
            double end = rankY(next) - 3;
            drawing.line(new double[] {middle, middle}, new double[] {top, end}, EXCHANGE, 2, 1);
            arrowHead(drawing, middle, end, 0, 1, EXCHANGE);
            arrowHead(drawing, middle, top, 0, -1, EXCHANGE);
            return;
        }
        boolean sameNode = rank / ranksPerNode == next / ranksPerNode;
        double fromY = rankY(rank) + RANK_HEIGHT - 12;
        double toY = rankY(next) + RANK_HEIGHT - 12;
        double from = sameNode ? rankX(rank) - 2 : rankX(rank) + RANK_WIDTH + 2;
        double to = rankX(next) - 2;
        double bend = sameNode ? -24 : (to - from) / 2;
        drawing.curve(
                new double[] {from, from + bend, sameNode ? to + bend : to - bend, to},
                new double[] {fromY, fromY, toY, toY},
                EXCHANGE,
                2,
                1);
        arrowHead(drawing, to, toY, 1, 0, EXCHANGE);
        arrowHead(drawing, from, fromY, sameNode ? 1 : -1, 0, EXCHANGE);
    }

    private void drawRank(Drawing drawing, int rank) {
        double x = rankX(rank);
        double y = rankY(rank);
        drawing.rectangle(x, y, RANK_WIDTH, RANK_HEIGHT, 8, ringColour(rank), 1);
        drawing.rectangle(x + 1.5, y + 1.5, RANK_WIDTH - 3, RANK_HEIGHT - 3, 7, 0xffffff, 1);
        drawing.text(x + RANK_WIDTH / 2, y + 22, 14, Anchor.MIDDLE, true, INK, "rank " + rank);
        String place = mesh.dataDegree() > 1
                ? "data %d · ring %d · u %d".formatted(mesh.dataOf(rank), mesh.ringOf(rank), mesh.ulyssesOf(rank))
                : "ring %d · ulysses %d".formatted(mesh.ringOf(rank), mesh.ulyssesOf(rank));
        drawing.text(x + RANK_WIDTH / 2, y + 40, 11, Anchor.MIDDLE, false, FAINT, place);
    }

    /** The arrow from a rank to the next of its ring; from the last back to the first it runs below the nodes. */
    private void drawRingStep(Drawing drawing, int rank) {
        List<Integer> ring = mesh.ringGroup(rank);
        int next = ring.get((mesh.ringOf(rank) + 1) % ring.size());
        int colour = ringColour(rank);
        int steps = next / ranksPerNode - rank / ranksPerNode;
        double fromY = rankY(rank) + RANK_HEIGHT / 2;
        double toY = rankY(next) + RANK_HEIGHT / 2;
        if (steps > 0) {
            double from = rankX(rank) + RANK_WIDTH;
            double to = rankX(next) - 2;
            double bend = (to - from) / 2;
            drawing.curve(
                    new double[] {from, from + bend, to - bend, to},
                    new double[] {fromY, fromY, toY, toY},
                    colour,
                    2.2,
                    1);
            arrowHead(drawing, to, toY, 1, 0, colour);
        } else if (steps < 0) {
            // The upper ranks' arrows run outside those of the lower ones, so that no two cross.
            double lane = LANE * (ranksPerNode - rank % ranksPerNode);
            double floor = TOP + nodeHeight() + lane;
            double right = rankX(rank) + RANK_WIDTH + GROUP_PAD + NODE_PAD + lane;
            double left = rankX(next) - GROUP_PAD - NODE_PAD - lane;
            double from = rankX(rank) + RANK_WIDTH;
            double to = rankX(next) - 2;
            drawing.line(
                    new double[] {from, right, right, left, left, to},
                    new double[] {fromY, fromY, floor, floor, toY, toY},
                    colour,
                    2.2,
                    1);
            arrowHead(drawing, to, toY, 1, 0, colour);
        } else {
            double side = rankX(rank) + RANK_WIDTH;
            double bend = 30 + 10.0 * (ulyssesInside() ? mesh.ulyssesOf(rank) : 0);
            drawing.curve(
                    new double[] {side, side + bend, side + bend, side + 2},
                    new double[] {fromY + 8, fromY + 8, toY - 8, toY - 8},
                    colour,
                    2.2,
                    1);
            arrowHead(drawing, side + 2, toY - 8, -1, 0, colour);
        }
    }

    private void drawLegend(Drawing drawing) {
        double y = height() - 16;
        double x = MARGIN;
        if (mesh.ulyssesDegree() > 1) {
            drawing.line(new double[] {x + 3, x + 17}, new double[] {y - 4, y - 4}, EXCHANGE, 2, 1);
            arrowHead(drawing, x + 20, y - 4, 1, 0, EXCHANGE);
            arrowHead(drawing, x, y - 4, -1, 0, EXCHANGE);
            drawing.text(x + 28, y, 12, Anchor.START, false, INK, "Ulysses group: all-to-all over heads");
            x += 270;
        }
        if (mesh.ringDegree() > 1) {
            drawing.line(new double[] {x, x + 16}, new double[] {y - 4, y - 4}, RING_COLOURS[0], 2.2, 1);
            arrowHead(drawing, x + 20, y - 4, 1, 0, RING_COLOURS[0]);
            drawing.text(x + 28, y, 12, Anchor.START, false, INK, "ring: keys and values rotate");
        }
    }

    private int ringColour(int rank) {
        return RING_COLOURS[(mesh.dataOf(rank) * mesh.ulyssesDegree() + mesh.ulyssesOf(rank)) % RING_COLOURS.length];
    }

    /** A head whose tip is at (x, y) and that points along (dx, dy). */
    private static void arrowHead(Drawing drawing, double x, double y, double dx, double dy, int colour) {
        double length = 8;
        double half = 4.5;
        drawing.polygon(
                new double[] {x + 2 * dx, x - length * dx - half * dy, x - length * dx + half * dy},
                new double[] {y + 2 * dy, y - length * dy + half * dx, y - length * dy - half * dx},
                colour);
    }
}
