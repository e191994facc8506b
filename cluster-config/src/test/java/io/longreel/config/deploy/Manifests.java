package io.longreel.config.deploy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import io.kubernetes.client.openapi.models.V1ConfigMap;
import io.kubernetes.client.openapi.models.V1PersistentVolumeClaim;
import io.kubernetes.client.openapi.models.V1PodDisruptionBudget;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1StatefulSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** The manifests for Kubernetes as trees, and whether an API server would take them: its own client's models know every key. */
final class Manifests {
    static final Path FOLDER = Path.of("deploy", "kubernetes");

    private static final YAMLMapper YAML = new YAMLMapper();

    /** The client's word on a document. */
    private interface Schema {
        void check(JsonElement document) throws IOException;
    }

    private static final Map<String, Schema> SCHEMAS = Map.of(
            "v1/Service", V1Service::validateJsonElement,
            "v1/ConfigMap", V1ConfigMap::validateJsonElement,
            "v1/PersistentVolumeClaim", V1PersistentVolumeClaim::validateJsonElement,
            "apps/v1/StatefulSet", V1StatefulSet::validateJsonElement,
            "policy/v1/PodDisruptionBudget", V1PodDisruptionBudget::validateJsonElement);

    private Manifests() {}

    static JsonNode read(Path file) {
        try {
            return YAML.readTree(Files.readString(file));
        } catch (IOException e) {
            throw new IllegalStateException("no YAML: file=" + file, e);
        }
    }

    /** Every document but kustomize's own. */
    static List<JsonNode> all() {
        try (Stream<Path> files = Files.list(FOLDER)) {
            List<JsonNode> documents = new ArrayList<>();
            files.filter(file -> file.toString().endsWith(".yaml"))
                    .filter(file -> !file.endsWith("kustomization.yaml"))
                    .sorted()
                    .forEach(file -> documents.add(read(file)));
            return documents;
        } catch (IOException e) {
            throw new IllegalStateException("no manifests: folder=" + FOLDER.toAbsolutePath(), e);
        }
    }

    static JsonNode named(String kind, String name) {
        return all().stream()
                .filter(document -> document.path("kind").asText().equals(kind)
                        && document.at("/metadata/name").asText().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no manifest: kind=%s name=%s".formatted(kind, name)));
    }

    /** What an API server would not take; empty when it would. */
    static Optional<String> fault(JsonNode document) {
        String kind = document.path("apiVersion").asText() + "/"
                + document.path("kind").asText();
        Schema schema = SCHEMAS.get(kind);
        if (schema == null) {
            return Optional.of("unknown kind " + kind);
        }
        try {
            schema.check(JsonParser.parseString(document.toString()));
            return Optional.empty();
        } catch (IOException | IllegalArgumentException | IllegalStateException | UnsupportedOperationException e) {
            return Optional.of(kind + ": " + e.getMessage());
        }
    }
}
