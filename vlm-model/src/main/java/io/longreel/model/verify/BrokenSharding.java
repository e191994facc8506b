package io.longreel.model.verify;

import io.longreel.config.topology.Mesh;
import io.longreel.model.attention.AttentionPlan;
import io.longreel.model.attention.AttentionPlan.Block;
import io.longreel.model.shard.SequenceLayout;
import io.longreel.ops.kernels.KeyRanges;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** The product's sharding with one mistake in it, of the kind that such code is known for. The proof of coverage must find each under every mask. */
enum BrokenSharding {
    /** The rows of a ring rank lie late half first, but are computed with as if they did not. */
    SWAPPED_HALVES {
        @Override
        int token(int[] rows, int row, int tokens) {
            return rows[(row + rows.length / 2) % rows.length];
        }
    },
    /** All borders between shards are off by one. */
    SHIFTED_SHARD_BORDERS {
        @Override
        int token(int[] rows, int row, int tokens) {
            return (rows[row] + 1) % tokens;
        }
    },
    /** All documents but the first begin a token early. */
    SHIFTED_DOCUMENT_BORDERS {
        @Override
        SequenceLayout layout(SequenceLayout right) {
            int[] starts = Arrays.stream(right.documentStart())
                    .map(start -> Math.max(0, start - 1))
                    .toArray();
            return new SequenceLayout(
                    right.tokenId(),
                    right.mediaRow(),
                    starts,
                    right.documentEnd(),
                    right.mediumEnd(),
                    right.label(),
                    right.mediaToken(),
                    right.tokensPerFrame());
        }
    },
    /** The last key of every range is left out. */
    LOST_KEYS {
        @Override
        List<Block> blocks(List<Block> right) {
            return right.stream()
                    .map(block -> new Block(
                            block.rows(),
                            new KeyRanges(
                                    block.ranges().from(),
                                    IntStream.range(0, block.ranges().queries())
                                            .map(i -> Math.max(
                                                    block.ranges().from()[i],
                                                    block.ranges().to()[i] - 1))
                                            .toArray())))
                    .toList();
        }
    },
    /** The first part of a block is computed twice. */
    REPEATED_BLOCK {
        @Override
        List<Block> blocks(List<Block> right) {
            List<Block> twice = new ArrayList<>(right);
            twice.addAll(right.subList(0, Math.min(1, right.size())));
            return twice;
        }
    };

    int token(int[] rows, int row, int tokens) {
        return rows[row];
    }

    SequenceLayout layout(SequenceLayout right) {
        return right;
    }

    List<Block> blocks(List<Block> right) {
        return right;
    }

    Sharding of(SequenceLayout layout, MaskCase mask, LayoutCase kind, Mesh mesh) {
        Sharding right = new Sharding.Product(layout(layout), mask.mask(), kind, mesh);
        return new Sharding() {
            @Override
            public int tokens() {
                return right.tokens();
            }

            @Override
            public int ringDegree() {
                return right.ringDegree();
            }

            @Override
            public int ulyssesDegree() {
                return right.ulyssesDegree();
            }

            @Override
            public int[] positions(int ring, int ulysses) {
                int before = 0;
                for (int u = 0; u < ulysses; u++) {
                    before += right.positions(ring, u).length;
                }
                int[] all = ringPositions(ring);
                return Arrays.copyOfRange(all, before, before + right.positions(ring, ulysses).length);
            }

            @Override
            public int[] ringPositions(int ring) {
                int[] rows = right.ringPositions(ring);
                return IntStream.range(0, rows.length)
                        .map(row -> token(rows, row, right.tokens()))
                        .toArray();
            }

            @Override
            public List<AttentionPlan.Block> blocks(int ring, int ulysses, int source) {
                return BrokenSharding.this.blocks(right.blocks(ring, ulysses, source));
            }
        };
    }
}
