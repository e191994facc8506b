package io.longreel.model.verify;

import io.longreel.config.ShardingSettings.Layout;
import io.longreel.config.topology.Mesh;
import io.longreel.model.shard.SequenceLayout;
import io.longreel.model.shard.TokenShards;
import java.util.Locale;

/** The ways in which tokens are given to ranks. */
enum LayoutCase {
    CONTIGUOUS,
    ZIGZAG,
    STRIPED,
    /** Tokens stay with the rank that encoded their frames; lengths of shards differ at will. */
    ONE_STAGE;

    TokenShards shards(SequenceLayout layout, Mesh mesh) {
        return switch (this) {
            case CONTIGUOUS -> TokenShards.of(Layout.CONTIGUOUS, layout.tokens(), mesh);
            case ZIGZAG -> TokenShards.of(Layout.ZIGZAG, layout.tokens(), mesh);
            case STRIPED -> TokenShards.of(Layout.STRIPED, layout.tokens(), mesh);
            case ONE_STAGE -> TokenShards.byFrames(layout, mesh);
        };
    }

    /** Whether every rank gets as many tokens as every other, give or take one. */
    boolean even() {
        return this != ONE_STAGE;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
