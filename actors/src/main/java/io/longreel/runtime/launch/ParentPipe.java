package io.longreel.runtime.launch;

import java.io.IOException;
import java.io.InputStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Binds the life of a forked process to that of the process that forked it: the system closes the pipe between them
 * when the parent dies, even by kill -9, and then the child ends at once. Without it, workers of a killed launcher
 * would train on for nobody.
 */
final class ParentPipe {
    private static final Logger LOG = LoggerFactory.getLogger(ParentPipe.class);

    private ParentPipe() {}

    /**
     * Watches a pipe whose other end the parent holds.
     *
     * @param cut run when the parent is gone
     */
    static void hold(InputStream pipe, Runnable cut) {
        Thread.ofPlatform().daemon().name("longreel-parent-pipe").start(() -> {
            try {
                while (pipe.read() >= 0) {
                    // the parent writes nothing; the end of the stream is the message
                }
            } catch (IOException e) {
                LOG.info("parent.pipe-broken cause=\"{}\"", e.toString()); // the same message in another form
            }
            LOG.warn("parent.gone: the process that started this one is gone");
            cut.run();
        });
    }
}
