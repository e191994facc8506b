package io.longreel.runtime.http;

import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Locale;

/**
 * Hosts from which media may be fetched. An entry is a host, for the usual ports, or a host with a port. A host whose address is not a public one needs an
 * entry for the address as well, so that nobody's DNS opens the own network. Between this look at the address and the connection's, the JDK's own cache of
 * names (30 s) keeps it the same.
 */
final class AllowedHosts {
    private final List<String> entries;

    /**
     * @param entries lower case; IPv6 addresses in brackets
     */
    AllowedHosts(List<String> entries) {
        this.entries = entries;
    }

    /**
     * Refuses a URL from which nothing may be fetched.
     *
     * @param where it stands in the request
     */
    void require(URI url, String where) {
        String host = String.valueOf(url.getHost()).toLowerCase(Locale.ROOT);
        if (!isListed(host, url.getPort())) {
            throw Refusal.forbidden(
                    where,
                    "%s may not be fetched from %s (longreel.serve.media.http)"
                            .formatted(where, Refusal.shown(String.valueOf(url.getAuthority()))));
        }
        try {
            for (InetAddress address : InetAddress.getAllByName(host)) {
                if (!isPublic(address) && !isListed(text(address), url.getPort())) {
                    throw Refusal.forbidden(
                            where,
                            "%s may not be fetched from %s: its address %s is a private one; who wants that lists the address, too (longreel.serve.media.http)"
                                    .formatted(where, Refusal.shown(host), text(address)));
                }
            }
        } catch (UnknownHostException e) {
            throw Refusal.invalid(where, "%s names an unknown host: %s".formatted(where, Refusal.shown(host)));
        }
    }

    private boolean isListed(String host, int port) {
        return port == -1 ? entries.contains(host) : entries.contains(host + ":" + port);
    }

    private static String text(InetAddress address) {
        String text = address.getHostAddress();
        int scope = text.indexOf('%');
        String plain = scope < 0 ? text : text.substring(0, scope);
        return plain.contains(":") ? "[" + plain + "]" : plain;
    }

    static boolean isPublic(InetAddress address) {
        byte[] bytes = address.getAddress();
        int first = bytes[0] & 0xff;
        int second = bytes[1] & 0xff;
        boolean isCarriers = bytes.length == 4 && first == 100 && second >= 64 && second < 128;
        boolean isReserved = bytes.length == 4 && (first == 0 || first >= 240 || (first == 192 && second == 0));
        boolean isUniqueLocal = bytes.length == 16 && (first & 0xfe) == 0xfc;
        boolean isTranslated = bytes.length == 16 && first == 0x00 && second == 0x64; // NAT64 reaches IPv4
        return !(address.isLoopbackAddress()
                || address.isAnyLocalAddress()
                || address.isLinkLocalAddress()
                || address.isSiteLocalAddress()
                || address.isMulticastAddress()
                || isCarriers
                || isReserved
                || isUniqueLocal
                || isTranslated);
    }
}
