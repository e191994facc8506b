package io.longreel.model.verify;

import io.longreel.config.topology.Mesh;
import io.longreel.model.attention.AttentionMask;
import io.longreel.model.attention.AttentionPlan;
import io.longreel.model.shard.HeadShards;
import io.longreel.model.shard.SequenceLayout;
import io.longreel.model.shard.TokenShards;
import java.util.ArrayList;
import java.util.List;

/**
 * Who owns which tokens and computes which pairs: what a proof of coverage looks at. Either what the product does, or something known to be wrong that
 * the proof must find.
 */
interface Sharding {

    int tokens();

    int ringDegree();

    int ulyssesDegree();

    /** Token of each row of a rank. */
    int[] positions(int ring, int ulysses);

    /** Token of each row of a ring rank as attention has them: query rows, and key rows of its block. */
    int[] ringPositions(int ring);

    /** What a rank computes with ring rank {@code source}'s block. */
    List<AttentionPlan.Block> blocks(int ring, int ulysses, int source);

    /** What the product does. Plans are made when they are asked for, one at a time. */
    final class Product implements Sharding {
        private final SequenceLayout layout;
        private final AttentionMask mask;
        private final TokenShards shards;
        private final HeadShards heads;
        private int ring = -1;
        private int ulysses = -1;
        private List<List<AttentionPlan.Block>> blocks = List.of();

        Product(SequenceLayout layout, AttentionMask mask, LayoutCase kind, Mesh mesh) {
            this.layout = layout;
            this.mask = mask;
            this.shards = kind.shards(layout, mesh);
            this.heads = new HeadShards(mesh.ulyssesDegree(), mesh.ulyssesDegree(), mesh.ulyssesDegree());
        }

        @Override
        public int tokens() {
            return layout.tokens();
        }

        @Override
        public int ringDegree() {
            return shards.ringDegree();
        }

        @Override
        public int ulyssesDegree() {
            return shards.ulyssesDegree();
        }

        @Override
        public int[] positions(int ofRing, int ofUlysses) {
            return shards.positions(ofRing, ofUlysses);
        }

        @Override
        public int[] ringPositions(int ofRing) {
            return shards.ringPositions(ofRing);
        }

        @Override
        public List<AttentionPlan.Block> blocks(int ofRing, int ofUlysses, int source) {
            if (ofRing != ring || ofUlysses != ulysses) {
                AttentionPlan plan = AttentionPlan.of(layout, mask, shards, heads, ofRing, ofUlysses);
                blocks = new ArrayList<>();
                for (int s = 0; s < shards.ringDegree(); s++) {
                    blocks.add(plan.blocks(s));
                }
                ring = ofRing;
                ulysses = ofUlysses;
            }
            return blocks.get(source);
        }
    }
}
