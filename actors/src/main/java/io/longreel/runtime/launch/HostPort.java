package io.longreel.runtime.launch;

import io.longreel.config.RuntimeFailure;

/** {@code host:port} as a user writes it. */
public record HostPort(String host, int port) {
    public static HostPort parse(String text) {
        int colon = text.lastIndexOf(':');
        String port = text.substring(colon + 1);
        if (colon < 1 || !port.matches("[0-9]{1,5}") || Integer.parseInt(port) > 65535 || Integer.parseInt(port) == 0) {
            throw RuntimeFailure.config(
                    "a seed is named HOST:PORT, such as 127.0.0.1:25520, found '%s'".formatted(text));
        }
        return new HostPort(text.substring(0, colon), Integer.parseInt(port));
    }

    @Override
    public String toString() {
        return host + ":" + port;
    }
}
