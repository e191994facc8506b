package io.longreel.config;

/**
 * Where a run that trains shows itself over HTTP.
 *
 * @param host name or address that is bound
 * @param port 0 = any that is free, {@link #OFF} = nowhere
 */
public record DashboardSettings(String host, int port) {
    /** The port of a run that shows itself nowhere. */
    public static final int OFF = -1;

    public boolean isOn() {
        return port != OFF;
    }
}
