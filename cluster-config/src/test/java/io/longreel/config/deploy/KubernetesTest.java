package io.longreel.config.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.longreel.config.RunConfig;
import io.longreel.config.RunConfigLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

/** {@code deploy/kubernetes}: every key is one that a server knows, and what is named is there. */
class KubernetesTest {
    /** Keys below these are the author's own. */
    private static final Set<String> FREE =
            Set.of("labels", "annotations", "matchLabels", "selector", "data", "requests", "limits");

    private static final List<String> SETS = List.of("longreel-seed", "longreel-worker");

    private static JsonNode pod(String set) {
        return Manifests.named("StatefulSet", set).at("/spec/template");
    }

    private static JsonNode container(String set) {
        return pod(set).at("/spec/containers/0");
    }

    private static List<JsonNode> list(JsonNode node) {
        return StreamSupport.stream(node.spliterator(), false).toList();
    }

    private static Set<String> texts(JsonNode list, String key) {
        Set<String> texts = new TreeSet<>();
        list.forEach(entry -> texts.add(entry.path(key).asText()));
        return texts;
    }

    private static RunConfig configuration() {
        String text =
                Manifests.named("ConfigMap", "longreel").at("/data/run.conf").asText();
        return RunConfigLoader.parse(text, "run.conf of the ConfigMap", List.of());
    }

    @Test
    void shouldHoldNothingThatAServerDoesNotKnow() {
        assertEquals(6, Manifests.all().size());
        Manifests.all().forEach(document -> assertEquals(Optional.empty(), Manifests.fault(document)));
    }

    /** The check itself: each key of each manifest is misspelled once. */
    @Test
    void shouldNoticeAnyMisspelledKey() {
        int misspelled = 0;
        for (JsonNode document : Manifests.all()) {
            for (String pointer : objects(document, "")) {
                List<String> keys = new ArrayList<>();
                document.at(pointer).fieldNames().forEachRemaining(keys::add);
                for (String key : keys) {
                    JsonNode copy = document.deepCopy();
                    ObjectNode owner = (ObjectNode) copy.at(pointer);
                    owner.set(key + "s", owner.remove(key));
                    assertTrue(
                            Manifests.fault(copy).isPresent(),
                            () -> "nobody noticed %ss at %s of %s"
                                    .formatted(key, pointer, document.at("/metadata/name")));
                    misspelled++;
                }
            }
        }
        assertTrue(misspelled > 200, "misspelled=" + misspelled);
    }

    private static List<String> objects(JsonNode node, String pointer) {
        List<String> found = new ArrayList<>();
        if (node.isObject()) {
            found.add(pointer);
            node.properties().forEach(entry -> {
                // A service selects by labels, everything else by a selector with keys of its own.
                boolean isFree = FREE.contains(entry.getKey())
                        && !(entry.getKey().equals("selector")
                                && entry.getValue().has("matchLabels"));
                if (!isFree) {
                    found.addAll(objects(entry.getValue(), pointer + "/" + entry.getKey()));
                }
            });
        } else if (node.isArray()) {
            for (int i = 0; i < node.size(); i++) {
                found.addAll(objects(node.get(i), pointer + "/" + i));
            }
        }
        return found;
    }

    @Test
    void shouldSelectThePodsThatAreThere() {
        JsonNode service = Manifests.named("Service", "longreel");
        for (String set : SETS) {
            JsonNode spec = Manifests.named("StatefulSet", set).path("spec");
            JsonNode labels = pod(set).at("/metadata/labels");
            assertEquals(spec.at("/selector/matchLabels"), labels, set);
            assertSelected(service.at("/spec/selector"), labels);
            assertEquals("longreel", spec.path("serviceName").asText(), set);
        }
        JsonNode budget = Manifests.named("PodDisruptionBudget", "longreel-worker");
        assertSelected(
                budget.at("/spec/selector/matchLabels"), pod("longreel-worker").at("/metadata/labels"));
        JsonNode spread = pod("longreel-worker").at("/spec/topologySpreadConstraints/0/labelSelector/matchLabels");
        assertSelected(spread, pod("longreel-worker").at("/metadata/labels"));
    }

    private static void assertSelected(JsonNode selector, JsonNode labels) {
        assertFalse(selector.isEmpty());
        selector.properties()
                .forEach(wanted -> assertEquals(wanted.getValue(), labels.path(wanted.getKey()), wanted::getKey));
    }

    @Test
    void shouldProbePortsThatContainersHaveAndPathsThatAreAnswered() {
        for (String set : SETS) {
            JsonNode container = container(set);
            Set<String> ports = texts(container.path("ports"), "name");
            for (String probe : List.of("startupProbe", "livenessProbe", "readinessProbe")) {
                JsonNode get = container.path(probe).path("httpGet");
                assertTrue(ports.contains(get.path("port").asText()), () -> set + " " + probe);
                String path = probe.equals("readinessProbe") ? "/ready" : "/alive";
                assertEquals(path, get.path("path").asText(), () -> set + " " + probe);
            }
        }
        JsonNode served = container("longreel-seed").path("ports");
        for (JsonNode port : Manifests.named("Service", "longreel").at("/spec/ports")) {
            assertTrue(
                    list(served).stream()
                            .anyMatch(own -> own.path("name").equals(port.path("name"))
                                    && own.path("containerPort").equals(port.path("port"))),
                    port::toString);
        }
    }

    @Test
    void shouldMountVolumesThatPodsHaveFromWhatIsThere() {
        for (String set : SETS) {
            JsonNode volumes = pod(set).at("/spec/volumes");
            assertEquals(texts(volumes, "name"), texts(container(set).path("volumeMounts"), "name"), set);
            for (JsonNode volume : volumes) {
                if (volume.has("configMap")) {
                    Manifests.named("ConfigMap", volume.at("/configMap/name").asText());
                } else if (volume.has("persistentVolumeClaim")) {
                    JsonNode claim = Manifests.named(
                            "PersistentVolumeClaim",
                            volume.at("/persistentVolumeClaim/claimName").asText());
                    assertEquals(
                            "ReadWriteMany", claim.at("/spec/accessModes/0").asText());
                } else {
                    assertTrue(volume.has("emptyDir"), volume::toString);
                }
            }
        }
        JsonNode shm = list(pod("longreel-worker").at("/spec/volumes")).stream()
                .filter(volume -> volume.path("name").asText().equals("shm"))
                .findFirst()
                .orElseThrow();
        assertEquals("Memory", shm.at("/emptyDir/medium").asText());
    }

    @Test
    void shouldLetWorkersFindTheSeedWhereTheConfigurationHasIt() {
        RunConfig config = configuration();
        String host = config.cluster().seedHost();
        JsonNode seed = Manifests.named("StatefulSet", "longreel-seed");
        assertEquals(
                seed.at("/metadata/name").asText() + "-0."
                        + seed.at("/spec/serviceName").asText(),
                host);
        String arguments = container("longreel-worker").path("args").toString();
        assertTrue(
                arguments.contains("\"%s:%d\"".formatted(host, config.cluster().seedPort())), arguments);
        JsonNode workers = Manifests.named("StatefulSet", "longreel-worker");
        assertEquals(
                config.cluster().nodes() + config.recovery().spares(),
                workers.at("/spec/replicas").asInt());
        assertEquals(
                config.cluster().ranksPerNode(),
                container("longreel-worker").at("/resources/requests/cpu").asInt());
        assertEquals("0.0.0.0", config.dashboard().host());
        assertTrue(list(container("longreel-seed").path("ports")).stream()
                .anyMatch(port ->
                        port.path("containerPort").asInt() == config.dashboard().port()
                                && port.path("name").asText().equals("http")));
    }

    @Test
    void shouldListEveryManifestInTheKustomization() throws Exception {
        JsonNode kustomization = Manifests.read(Manifests.FOLDER.resolve("kustomization.yaml"));
        Set<String> listed = new TreeSet<>();
        kustomization.path("resources").forEach(file -> listed.add(file.asText()));
        Set<String> there = new TreeSet<>();
        try (var files = Files.list(Manifests.FOLDER)) {
            files.map(Path::getFileName).map(Path::toString).forEach(there::add);
        }
        there.remove("kustomization.yaml");
        assertEquals(there, listed);
        SETS.forEach(set ->
                assertEquals(kustomization.at("/images/0/name"), container(set).path("image"), set));
    }
}
