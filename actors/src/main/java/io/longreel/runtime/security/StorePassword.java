package io.longreel.runtime.security;

import io.longreel.config.RuntimeFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Finds the password of key and trust store: in a file that only its owner and group may read, or in the environment. */
final class StorePassword {
    /** Variable that has the password when no file is named. Processes that are forked inherit it. */
    static final String VARIABLE = "LONGREEL_TLS_PASSWORD";

    private static final Set<PosixFilePermission> OTHERS = EnumSet.of(
            PosixFilePermission.OTHERS_READ, PosixFilePermission.OTHERS_WRITE, PosixFilePermission.OTHERS_EXECUTE);

    private StorePassword() {}

    /** The password; the caller should overwrite it when it is used. */
    static char[] of(Optional<Path> file, Map<String, String> environment) {
        String password = file.map(StorePassword::firstLine).orElseGet(() -> {
            String value = environment.get(VARIABLE);
            if (value == null) {
                throw RuntimeFailure.config(
                        "the password of the TLS stores is missing: name longreel.cluster.tls.password-file, or set "
                                + VARIABLE);
            }
            return value;
        });
        return password.toCharArray();
    }

    private static String firstLine(Path file) {
        try {
            if (Files.getFileStore(file).supportsFileAttributeView("posix")
                    && Files.getPosixFilePermissions(file).stream().anyMatch(OTHERS::contains)) {
                throw RuntimeFailure.config(
                        "the TLS password file is open to everybody on this machine: run chmod o= " + file);
            }
            String text = Files.readString(file);
            return text.lines().findFirst().orElse("");
        } catch (IOException e) {
            throw new RuntimeFailure(
                    RuntimeFailure.Category.CONFIG,
                    "the TLS password file %s cannot be read: %s".formatted(file, e),
                    e);
        }
    }
}
