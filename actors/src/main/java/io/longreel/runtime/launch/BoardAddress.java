package io.longreel.runtime.launch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.longreel.config.RuntimeFailure;
import io.longreel.runtime.web.RunServer;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where a run is watched, and what those must show who give it orders, as a small file of the run directory that only its owner can read.
 *
 * @param url of the page
 * @param token empty where the run takes no orders
 */
public record BoardAddress(URI url, Optional<String> token) {
    private static final Logger LOG = LoggerFactory.getLogger(BoardAddress.class);

    static BoardAddress of(RunServer server) {
        return new BoardAddress(server.base(), server.token());
    }

    /** With the token behind the hash: browsers keep that part to themselves, and send it to nobody. */
    String forPeople() {
        return url + token.map(known -> "#" + known).orElse("");
    }

    /** What keeps it from being written keeps nobody from training. */
    void write(Path file) {
        Path aside = file.resolveSibling(file.getFileName() + ".tmp");
        try {
            Files.deleteIfExists(aside);
            Files.createFile(aside, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.writeString(aside, json());
            Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            LOG.warn("board.address-not-written file={} cause=\"{}\"", file, e.toString());
        }
    }

    /** Another process that has taken the run over may have put its own address there. */
    void remove(Path file) {
        try {
            if (Files.exists(file) && Files.readString(file).equals(json())) {
                Files.delete(file);
            }
        } catch (IOException e) {
            LOG.warn("board.address-not-removed file={} cause=\"{}\"", file, e.toString());
        }
    }

    private String json() {
        var object = JsonNodeFactory.instance.objectNode().put("url", url.toString());
        token.ifPresent(known -> object.put("token", known));
        return object + "\n";
    }

    /** Of a run that lives. Throws a failure of category CONFIG when there is no address, or it cannot be read. */
    public static BoardAddress ofRun(Path run) {
        RunDirectory directory = RunDirectory.at(run);
        if (!Files.isRegularFile(directory.configFile())) {
            throw RuntimeFailure.config("%s is not the directory of a run: it has no run.conf".formatted(run));
        }
        Path file = directory.addressFile();
        try {
            JsonNode object = new ObjectMapper().readTree(Files.readString(file, StandardCharsets.UTF_8));
            return new BoardAddress(
                    URI.create(object.path("url").asText()),
                    Optional.of(object.path("token").asText()).filter(known -> !known.isEmpty()));
        } catch (NoSuchFileException e) {
            throw RuntimeFailure.config(
                    "%s has no dashboard.json: the run is not alive, or longreel.dashboard.port is off".formatted(run));
        } catch (IOException | IllegalArgumentException e) {
            throw RuntimeFailure.config("%s cannot be read: %s".formatted(file, e.getMessage()));
        }
    }
}
