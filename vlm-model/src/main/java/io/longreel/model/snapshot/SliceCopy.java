package io.longreel.model.snapshot;

import io.longreel.model.checkpoint.StateKind;
import io.longreel.model.optim.ShardedAdamW;
import io.longreel.model.state.WeightStore;
import io.longreel.ops.kernels.Kernels;
import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;
import io.longreel.transport.Communicator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Between a rank's live state and the blocks of its slice: out of the state as it is, and back in exactly. Used by the rank's compute thread.
 */
final class SliceCopy {
    private final SliceLayout layout;
    private final List<WeightStore> stores;
    private final @Nullable ShardedAdamW optimizer;
    private final Kernels kernels;

    SliceCopy(SliceLayout layout, List<WeightStore> stores, @Nullable ShardedAdamW optimizer, Kernels kernels) {
        this.layout = layout;
        this.stores = stores;
        this.optimizer = optimizer;
        this.kernels = kernels;
    }

    /** Steps that the optimizer made; 0 without one. */
    long optimizerSteps() {
        return optimizer == null ? 0 : optimizer.steps();
    }

    /** Copies what a step changes. */
    void copyMoving(SliceBlock target) {
        List<ShardedAdamW.Share> shares = optimizer == null ? List.of() : optimizer.shares();
        for (int i = 0; i < shares.size(); i++) {
            SliceLayout.Share at = layout.shares().get(i);
            copy(shares.get(i).master(), target, at.masterAt());
            copy(shares.get(i).m(), target, at.mAt());
            copy(shares.get(i).v(), target, at.vAt());
        }
    }

    /** Copies the weights that do not train. */
    void copyFrozen(SliceBlock target) {
        for (SliceLayout.Frozen frozen : layout.frozen()) {
            WeightStore store = stores.get(frozen.store());
            Tensor kept = store.part(frozen.unit(), frozen.flatFrom(), frozen.flatFrom() + frozen.elements());
            target.elements(kept.dtype(), frozen.at(), frozen.at() + frozen.elements())
                    .copyFrom(kept);
        }
    }

    /** Fills the live state; weights that every rank keeps whole are gathered from all of {@code world}. */
    void fill(SliceBlock moving, SliceBlock frozen, long optimizerSteps, Communicator world) {
        Map<String, SliceLayout.Piece> weights = new HashMap<>();
        for (SliceLayout.Piece piece : layout.pieces()) {
            if (piece.kind() == StateKind.WEIGHT) {
                weights.put(piece.name(), piece);
            }
        }
        WeightStore.Filler filler = (spec, from, target) -> {
            SliceLayout.Piece piece = weights.get(spec.name());
            if (piece == null || from < piece.from() || from + target.elements() > piece.from() + piece.elements()) {
                throw new IllegalStateException(
                        "own share must lie in the own slice: name=%s from=%d".formatted(spec.name(), from));
            }
            SliceBlock block = piece.section() == SliceLayout.Section.MOVING ? moving : frozen;
            long at = piece.at() + from - piece.from();
            Tensor values = block.elements(layout.type(piece.section()), at, at + target.elements());
            if (values.dtype() == DType.F32) {
                target.copyFrom(values);
            } else {
                kernels.elementwise().widen(values, target);
            }
        };
        stores.forEach(store -> store.fillShares(filler, world, kernels));
        if (optimizer != null) {
            fillOptimizer(optimizer, moving);
            optimizer.resumeAt(Math.toIntExact(optimizerSteps));
        }
    }

    private void fillOptimizer(ShardedAdamW target, SliceBlock moving) {
        List<ShardedAdamW.Share> shares = target.shares();
        for (int i = 0; i < shares.size(); i++) {
            SliceLayout.Share at = layout.shares().get(i);
            ShardedAdamW.Share share = shares.get(i);
            share.master().copyFrom(moving.elements(DType.F32, at.masterAt(), at.masterAt() + at.elements()));
            share.m().copyFrom(moving.elements(DType.F32, at.mAt(), at.mAt() + at.elements()));
            share.v().copyFrom(moving.elements(DType.F32, at.vAt(), at.vAt() + at.elements()));
        }
    }

    private static void copy(Tensor values, SliceBlock target, long at) {
        target.elements(DType.F32, at, at + values.elements()).copyFrom(values);
    }
}
