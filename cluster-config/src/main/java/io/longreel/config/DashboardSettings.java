package io.longreel.config;

/**
 * Where a run that trains shows itself over HTTP, and what may be done to it from there.
 *
 * @param host name or address that is bound
 * @param port 0 = any that is free, {@link #OFF} = nowhere
 * @param controls where the run takes orders
 * @param chaos whether the process of a rank may be killed by an order
 */
public record DashboardSettings(String host, int port, Controls controls, boolean chaos) {
    /** The port of a run that shows itself nowhere. */
    public static final int OFF = -1;

    /** Where a run takes orders, always from those only who have its token. */
    public enum Controls {
        /** Where only this machine reaches the server. */
        LOOPBACK,
        /** Wherever the server is reached. */
        ON,
        /** Nowhere. */
        OFF
    }

    /** The same for a run that is over. */
    public DashboardSettings withoutControls() {
        return new DashboardSettings(host, port, Controls.OFF, false);
    }

    public boolean isOn() {
        return port != OFF;
    }
}
