package io.longreel.chaos.scenario;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** Configurations of jobs that come with the program, as files that its processes can be given. */
public final class ShippedJob {
    /** What all scenarios start from. */
    static final String SCENARIOS = "base.conf";

    /** What a soak trains when no other job is named. */
    public static final String SOAK = "soak.conf";

    private ShippedJob() {}

    /** Copies one into a folder, over what lies there; returns the file. */
    public static Path write(String name, Path folder) throws IOException {
        try (InputStream text = ShippedJob.class.getResourceAsStream("/chaos/" + name)) {
            if (text == null) {
                throw new IllegalStateException("the build lacks chaos/" + name);
            }
            Path file = folder.resolve(name);
            Files.copy(text, file, StandardCopyOption.REPLACE_EXISTING);
            return file;
        }
    }
}
