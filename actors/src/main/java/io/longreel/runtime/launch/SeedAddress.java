package io.longreel.runtime.launch;

import io.longreel.config.ClusterSettings;
import io.longreel.config.DashboardSettings;
import io.longreel.config.RuntimeFailure;
import io.longreel.runtime.http.HttpBinding;
import io.longreel.runtime.web.RunServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;

/**
 * Whether a seed can listen where its configuration says. Holds no logger, and asks nobody who does: it is asked before the run directory, and
 * with it the log, exists.
 */
final class SeedAddress {
    private SeedAddress() {}

    /** Fails when the address cannot be bound now. */
    static void check(ClusterSettings cluster) {
        try (ServerSocket probe = new ServerSocket(cluster.seedPort(), 1, InetAddress.getByName(cluster.seedHost()))) {
            if (!probe.isBound()) {
                throw new IOException("not bound");
            }
        } catch (IOException e) {
            throw notBindable(cluster.seedHost(), cluster.seedPort(), e);
        }
    }

    /** Likewise, of the run's server. */
    static void check(DashboardSettings dashboard) {
        if (dashboard.isOn()) {
            HttpBinding.check(dashboard.host(), dashboard.port(), RunServer.KEYS);
        }
    }

    static RuntimeFailure notBindable(String host, int port, Exception cause) {
        return new RuntimeFailure(
                RuntimeFailure.Category.CONFIG,
                "cannot listen on %s:%d (%s): pick another longreel.cluster.seed-host or seed-port; port 0 takes any free one"
                        .formatted(host, port, rootMessage(cause)),
                cause);
    }

    private static String rootMessage(Throwable e) {
        Throwable root = e;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return String.valueOf(root.getMessage());
    }
}
