package io.longreel.model.state;

import io.longreel.ops.kernels.Kernels;
import io.longreel.ops.memory.TensorArena;

/**
 * What a pass of the model computes with: the device's kernels, the arena of its activations (freed when the step is over) and the arena of
 * temporaries (rewound by whoever allocated in it). Owned by a rank's session, used by its compute thread.
 */
public record Workspace(Kernels kernels, TensorArena step, TensorArena scratch) {

    /** The same with activations among the temporaries, for code that keeps what nobody needs later: whoever asks rewinds the scratch arena. */
    public Workspace inScratch() {
        return new Workspace(kernels, scratch, scratch);
    }
}
