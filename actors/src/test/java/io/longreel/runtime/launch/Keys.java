package io.longreel.runtime.launch;

import io.longreel.config.TlsSettings;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Certificates as a user makes them, with the JDK's keytool. */
final class Keys {
    static final String PASSWORD = "correct horse";

    private final Path folder;

    private Keys(Path folder) {
        this.folder = folder;
    }

    /** Makes a store {@code NAME.p12} per name, all at the same time; {@code expired} is of last year. */
    static Keys make(Path folder, String... names) throws IOException, InterruptedException {
        Files.writeString(folder.resolve("password"), PASSWORD + "\n");
        Files.setPosixFilePermissions(folder.resolve("password"), PosixFilePermissions.fromString("rw-r-----"));
        List<Process> running = new ArrayList<>();
        for (String name : names) {
            List<String> command = new ArrayList<>(List.of(
                    Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                    "-genkeypair",
                    "-keyalg",
                    "EC",
                    "-storetype",
                    "PKCS12",
                    "-alias",
                    name,
                    "-dname",
                    "CN=" + name,
                    "-keystore",
                    folder.resolve(name + ".p12").toString(),
                    "-storepass",
                    PASSWORD));
            if (name.equals("expired")) {
                command.addAll(List.of("-startdate", "-370d", "-validity", "5"));
            }
            running.add(new ProcessBuilder(command).inheritIO().start());
        }
        for (Process process : running) {
            if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new IOException("keytool failed: " + process.info());
            }
        }
        return new Keys(folder);
    }

    Path store(String name) {
        return folder.resolve(name + ".p12");
    }

    Path passwordFile() {
        return folder.resolve("password");
    }

    /** Shows the certificate {@code own} and trusts {@code trusted} only. */
    TlsSettings settings(String own, String trusted) throws IOException, GeneralSecurityException {
        Path file = folder.resolve("%s-trusts-%s.p12".formatted(own, trusted));
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store(trusted))) {
            store.load(in, PASSWORD.toCharArray());
        }
        KeyStore trust = KeyStore.getInstance("PKCS12");
        trust.load(null, null);
        trust.setCertificateEntry(trusted, store.getCertificate(trusted));
        try (OutputStream out = Files.newOutputStream(file)) {
            trust.store(out, PASSWORD.toCharArray());
        }
        return new TlsSettings(store(own), file, Optional.of(passwordFile()));
    }
}
