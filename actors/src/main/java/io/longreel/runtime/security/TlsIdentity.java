package io.longreel.runtime.security;

import io.longreel.config.RuntimeFailure;
import io.longreel.config.TlsSettings;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.UnrecoverableKeyException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Collections;
import java.util.Date;
import java.util.List;
import java.util.Map;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * This process's key and certificate, and whom it trusts: TLS 1.3, and both sides must show a certificate that the other's trust store
 * knows. Host names are not compared with certificates, as nodes come and go: whoever has a trusted certificate is a member.
 * Immutable; any thread.
 */
public final class TlsIdentity {
    private static final String PROTOCOL = "TLSv1.3";
    private static final String TYPE = "PKCS12";

    private final SSLContext context;

    private TlsIdentity(SSLContext context) {
        this.context = context;
    }

    /** Opens the stores. What is wrong with them is a {@link RuntimeFailure} of one line. */
    public static TlsIdentity load(TlsSettings settings, Map<String, String> environment, InstantSource clock) {
        char[] password = StorePassword.of(settings.passwordFile(), environment);
        try {
            KeyStore keys = open(settings.keyStore(), password);
            KeyStore trusted = open(settings.trustStore(), password);
            requireKey(keys, settings.keyStore(), clock);
            requireCertificate(trusted, settings.trustStore());
            KeyManagerFactory keyManagers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keyManagers.init(keys, password);
            TrustManagerFactory trustManagers =
                    TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trustManagers.init(trusted);
            SSLContext context = SSLContext.getInstance(PROTOCOL);
            context.init(keyManagers.getKeyManagers(), trustManagers.getTrustManagers(), null);
            return new TlsIdentity(context);
        } catch (UnrecoverableKeyException e) {
            throw unusable(settings.keyStore(), "its key has another password than the store", e);
        } catch (GeneralSecurityException e) {
            throw unusable(settings.keyStore(), String.valueOf(e.getMessage()), e);
        } finally {
            Arrays.fill(password, '\0');
        }
    }

    /** One end of a connection over which an actor system speaks. */
    public SSLEngine engine(String host, int port, boolean isClient) {
        SSLEngine engine = context.createSSLEngine(host, port);
        engine.setUseClientMode(isClient);
        engine.setSSLParameters(parameters());
        return engine;
    }

    /** For sockets; to be used with {@link #parameters}. */
    public SSLContext context() {
        return context;
    }

    /** What every connection demands. */
    public SSLParameters parameters() {
        SSLParameters parameters = context.getDefaultSSLParameters();
        parameters.setProtocols(new String[] {PROTOCOL});
        parameters.setNeedClientAuth(true);
        return parameters;
    }

    private static KeyStore open(Path file, char[] password) {
        try (InputStream in = Files.newInputStream(file)) {
            KeyStore store = KeyStore.getInstance(TYPE);
            store.load(in, password);
            return store;
        } catch (IOException e) {
            boolean isPassword = e.getCause() instanceof UnrecoverableKeyException;
            throw unusable(file, isPassword ? "the password does not fit" : e.toString(), e);
        } catch (GeneralSecurityException e) {
            throw unusable(file, String.valueOf(e.getMessage()), e);
        }
    }

    private static void requireKey(KeyStore keys, Path file, InstantSource clock) throws GeneralSecurityException {
        for (String alias : aliases(keys)) {
            if (keys.isKeyEntry(alias) && keys.getCertificate(alias) instanceof X509Certificate certificate) {
                requireValid(certificate, file, clock);
                return;
            }
        }
        throw unusable(file, "it has no private key with a certificate", null);
    }

    private static void requireValid(X509Certificate certificate, Path file, InstantSource clock) {
        try {
            certificate.checkValidity(Date.from(clock.instant()));
        } catch (CertificateExpiredException e) {
            throw unusable(
                    file,
                    "its certificate expired on " + certificate.getNotAfter().toInstant(),
                    e);
        } catch (CertificateNotYetValidException e) {
            throw unusable(
                    file,
                    "its certificate is not valid before "
                            + certificate.getNotBefore().toInstant(),
                    e);
        }
    }

    private static void requireCertificate(KeyStore trusted, Path file) throws GeneralSecurityException {
        for (String alias : aliases(trusted)) {
            if (trusted.isCertificateEntry(alias)) {
                return;
            }
        }
        throw unusable(file, "it has no certificate to trust (import one with keytool -importcert)", null);
    }

    private static List<String> aliases(KeyStore store) throws GeneralSecurityException {
        return Collections.list(store.aliases());
    }

    private static RuntimeFailure unusable(Path file, String why, @Nullable Throwable cause) {
        String message = "the TLS store %s cannot be used: %s".formatted(file, why);
        return cause == null
                ? RuntimeFailure.config(message)
                : new RuntimeFailure(RuntimeFailure.Category.CONFIG, message, cause);
    }
}
