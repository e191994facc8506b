package io.longreel.chaos.scenario;

import io.longreel.config.RuntimeFailure;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Every scenario there is, in the order of the matrix. */
public final class Catalogue {
    private static final String ALL = "all";
    private static final List<Scenario> SCENARIOS = Stream.of(
                    KillScenarios.all(),
                    PauseScenarios.all(),
                    LinkScenarios.all(),
                    DataScenarios.all(),
                    VideoScenarios.all(),
                    ProcessScenarios.all(),
                    SupervisorScenarios.all(),
                    NetworkScenarios.all(),
                    DiskScenarios.all())
            .flatMap(List::stream)
            .toList();

    private Catalogue() {}

    public static List<Scenario> all() {
        return SCENARIOS;
    }

    /** Those that are named: by name, by the beginning of the name and a star, or all. */
    public static List<Scenario> named(List<String> names) {
        List<Scenario> chosen = new ArrayList<>();
        for (String name : names) {
            List<Scenario> found =
                    all().stream().filter(scenario -> means(name, scenario)).toList();
            if (found.isEmpty()) {
                throw RuntimeFailure.config("no such scenario: %s; there are %s, or all"
                        .formatted(
                                name,
                                String.join(
                                        ", ", all().stream().map(Scenario::name).toList())));
            }
            chosen.addAll(found);
        }
        return chosen.stream().distinct().toList();
    }

    private static boolean means(String name, Scenario scenario) {
        return name.equals(ALL)
                || name.equals(scenario.name())
                || (name.endsWith("*") && scenario.name().startsWith(name.substring(0, name.length() - 1)));
    }
}
