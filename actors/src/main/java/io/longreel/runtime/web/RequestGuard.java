package io.longreel.runtime.web;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.util.Optional;

/**
 * Which requests are answered at all: those that read, orders that no page from elsewhere can have sent, and, where only this machine is meant to reach the server, those that call it by a name of this
 * machine. A page from elsewhere could let its own name point here (DNS rebinding), and a browser would show it what we answer.
 */
final class RequestGuard {
    private final boolean isLoopback;

    RequestGuard(boolean isLoopback) {
        this.isLoopback = isLoopback;
    }

    /** Whether the request is to be answered; else it has been refused. */
    boolean lets(HttpExchange exchange) throws IOException {
        String method = exchange.getRequestMethod();
        boolean isOrder = ControlEndpoint.isMeant(exchange);
        boolean reads = method.equals("GET") || method.equals("HEAD");
        if (isOrder ? !method.equals("POST") : !reads) {
            exchange.getResponseHeaders().set("Allow", isOrder ? "POST" : "GET, HEAD");
            new Response(exchange)
                    .text(
                            405,
                            isOrder
                                    ? "orders are sent with POST"
                                    : "only GET and HEAD: there is nothing to change here");
            return false;
        }
        String host = exchange.getRequestHeaders().getFirst("Host");
        if (isLoopback && host != null && !isOwnName(host)) {
            new Response(exchange).text(421, "this server answers as localhost only");
            return false;
        }
        if (isOrder && !isOfOwnPage(exchange, Optional.ofNullable(host))) {
            new Response(exchange).text(403, "a page from elsewhere may not give orders");
            return false;
        }
        return true;
    }

    /** Browsers say where the page is from that sends a POST; others say nothing, and have the token to show. */
    private static boolean isOfOwnPage(HttpExchange exchange, Optional<String> host) {
        String origin = exchange.getRequestHeaders().getFirst("Origin");
        String site = exchange.getRequestHeaders().getFirst("Sec-Fetch-Site");
        boolean isSameOrigin = origin == null
                || host.filter(name -> origin.equalsIgnoreCase("http://" + name))
                        .isPresent();
        return isSameOrigin && (site == null || site.equals("same-origin"));
    }

    private static boolean isOwnName(String host) {
        return host.matches("(?i)(localhost|127(\\.[0-9]{1,3}){3}|\\[::1])(:[0-9]{1,5})?");
    }
}
