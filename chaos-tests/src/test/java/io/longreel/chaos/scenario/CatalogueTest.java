package io.longreel.chaos.scenario;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.RunConfig;
import io.longreel.config.RunConfigLoader;
import io.longreel.config.RuntimeFailure;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CatalogueTest {
    @Test
    void shouldHaveConfigurationsThatLoad(@TempDir Path folder) throws IOException {
        Path base = ShippedJob.write(ShippedJob.SCENARIOS, folder);
        for (Scenario scenario : Catalogue.all()) {
            List<String> settings = new ArrayList<>(scenario.training());
            settings.addAll(scenario.settings());
            RunConfig config = RunConfigLoader.load(base, settings);
            boolean isDisturbed = !config.chaos().faults().isEmpty() || scenario.script() != Scenario.Script.NOTHING;
            assertTrue(isDisturbed, () -> scenario.name() + " disturbs nothing");
            assertTrue(!scenario.checks().isEmpty(), () -> scenario.name() + " checks nothing");
        }
    }

    @Test
    void shouldShipASoakWithTwoSpares(@TempDir Path folder) throws IOException {
        RunConfig config = RunConfigLoader.load(ShippedJob.write(ShippedJob.SOAK, folder), List.of());
        assertEquals(2, config.recovery().spares());
        assertEquals(
                config.cluster().nodes() * config.cluster().ranksPerNode(),
                config.mesh().worldSize());
    }

    @Test
    void shouldFindScenariosByNameByBeginningAndAllOnce() {
        List<Scenario> all = Catalogue.all();
        assertEquals(all.size(), all.stream().map(Scenario::name).distinct().count());
        assertEquals(all, Catalogue.named(List.of("all", "kill-ring")));
        assertEquals(List.of("pause"), names(Catalogue.named(List.of("pause"))));
        assertTrue(names(Catalogue.named(List.of("kill-*"))).contains("kill-vote"));
        RuntimeFailure failure = assertThrows(RuntimeFailure.class, () -> Catalogue.named(List.of("kill")));
        assertTrue(failure.getMessage().startsWith("no such scenario: kill; there are kill-idle, "));
    }

    private static List<String> names(List<Scenario> scenarios) {
        return scenarios.stream().map(Scenario::name).toList();
    }
}
