package io.longreel.runtime.web;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;

/**
 * Which requests are answered at all: those that read, and, where only this machine is meant to reach the server, those that call it by a name of this
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
        if (!method.equals("GET") && !method.equals("HEAD")) {
            exchange.getResponseHeaders().set("Allow", "GET, HEAD");
            new Response(exchange).text(405, "only GET and HEAD: there is nothing to change here");
            return false;
        }
        String host = exchange.getRequestHeaders().getFirst("Host");
        if (isLoopback && host != null && !isOwnName(host)) {
            new Response(exchange).text(421, "this server answers as localhost only");
            return false;
        }
        return true;
    }

    private static boolean isOwnName(String host) {
        return host.matches("(?i)(localhost|127(\\.[0-9]{1,3}){3}|\\[::1])(:[0-9]{1,5})?");
    }
}
