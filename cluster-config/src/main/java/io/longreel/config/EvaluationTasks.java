package io.longreel.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The evaluations that come with the program, and those that somebody wrote. Stateless. */
public final class EvaluationTasks {
    /** Those that come with the program, in the order of the paper's tables. */
    public static final List<String> NAMES = List.of(
            "videomme",
            "videomme-subtitles",
            "activitynet-qa",
            "egoschema",
            "egoschema-test",
            "eventbench",
            "longvideobench",
            "perceptiontest",
            "mvbench",
            "nextqa",
            "vnbench",
            "longvila-caption");

    private static final String FOLDER = "tasks/";
    private static final String ENDING = ".conf";
    private static final ConfigParseOptions STRICT =
            ConfigParseOptions.defaults().setAllowMissing(false);

    private EvaluationTasks() {}

    /**
     * Reads an evaluation.
     *
     * @param nameOrFile one of {@link #NAMES}, or the path of a file
     */
    public static EvaluationTaskSettings read(String nameOrFile) {
        if (NAMES.contains(nameOrFile)) {
            return new EvaluationTaskReader(nameOrFile, resource(nameOrFile), resource("defaults")).read();
        }
        Path file = Path.of(nameOrFile);
        if (!Files.isRegularFile(file)) {
            String hint = NearestKey.to(String.valueOf(file.getFileName()), NAMES)
                    .map("; did you mean %s?"::formatted)
                    .orElse("");
            throw RuntimeFailure.config("no such evaluation: %s is neither a file nor one of %s%s"
                    .formatted(nameOrFile, String.join(", ", NAMES), hint));
        }
        String fileName = String.valueOf(file.getFileName());
        String name = fileName.endsWith(ENDING) ? fileName.substring(0, fileName.length() - ENDING.length()) : fileName;
        Config written;
        try {
            written = ConfigFactory.parseFile(file.toFile(), STRICT).resolve();
        } catch (ConfigException e) {
            String why = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
            throw new RuntimeFailure(
                    RuntimeFailure.Category.CONFIG, "the file of an evaluation is wrong: %s".formatted(why), e);
        }
        return new EvaluationTaskReader(name, written, resource("defaults")).read();
    }

    private static Config resource(String name) {
        ClassLoader loader = EvaluationTasks.class.getClassLoader();
        return ConfigFactory.parseResources(loader, FOLDER + name + ENDING, STRICT)
                .resolve();
    }
}
