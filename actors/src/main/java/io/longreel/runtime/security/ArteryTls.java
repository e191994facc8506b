package io.longreel.runtime.security;

import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSession;
import org.apache.pekko.remote.artery.tcp.SSLEngineProvider;
import scala.Option;

/** Gives the actor system's connections this process's identity. Called by Pekko's remoting threads. */
public final class ArteryTls implements SSLEngineProvider {
    private final TlsIdentity identity;

    public ArteryTls(TlsIdentity identity) {
        this.identity = identity;
    }

    @Override
    public SSLEngine createServerSSLEngine(String hostname, int port) {
        return identity.engine(hostname, port, false);
    }

    @Override
    public SSLEngine createClientSSLEngine(String hostname, int port) {
        return identity.engine(hostname, port, true);
    }

    @Override
    public Option<Throwable> verifyClientSession(String hostname, SSLSession session) {
        return Option.empty(); // the trust store has decided
    }

    @Override
    public Option<Throwable> verifyServerSession(String hostname, SSLSession session) {
        return Option.empty();
    }
}
