package io.longreel.runtime.cli;

import io.longreel.curriculum.chat.ChatService;
import java.nio.file.Path;

/** Where a command gets what answers questions with a model on this machine: the one seam between commands and the engine behind them. */
interface ChatServices {

    /**
     * Loads a model.
     *
     * @param model folder in VILA's layout
     * @param framesMax most frames of a video that it will be asked about
     * @param parallel questions that will be out at a time
     */
    ChatService open(Path model, int framesMax, int parallel);
}
