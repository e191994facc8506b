package io.longreel.config;

import java.nio.file.Path;
import java.util.Optional;

/**
 * What the processes of a job show each other before they talk. Paths, never secrets.
 *
 * @param keyStore PKCS12 file with the private key and certificate of this machine, or of the whole job
 * @param trustStore PKCS12 file with the certificates of whoever may sign the others'
 * @param passwordFile file with the password of both; empty: the environment has it
 */
public record TlsSettings(Path keyStore, Path trustStore, Optional<Path> passwordFile) {}
