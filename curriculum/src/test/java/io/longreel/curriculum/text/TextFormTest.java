package io.longreel.curriculum.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.ChatTemplateSettings;
import io.longreel.config.RunConfig;
import io.longreel.config.RunConfigLoader;
import io.longreel.curriculum.chat.TestModel;
import io.longreel.model.checkpoint.ModelOrigin;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** That a model is asked in the words in which it was trained. */
final class TextFormTest {
    @TempDir
    Path folder;

    private RunConfig run(String... overrides) throws IOException {
        Path conf = Files.writeString(
                folder.resolve("run.conf"), """
                longreel {
                  data.datasets.films { files = ["%1$s"] }
                  stages = [{ name = sft, phases = [{ source { kind = dataset, mixture = films } }] }]
                }
                """.formatted(Files.writeString(folder.resolve("films.jsonl"), "")));
        return RunConfigLoader.load(conf, List.of(overrides));
    }

    private Path model() {
        return TestModel.write(folder.resolve("model"), TestModel.config(320, 4096, ""), 1);
    }

    private static void put(Path model, Map<String, byte[]> files) throws IOException {
        for (Map.Entry<String, byte[]> file : files.entrySet()) {
            Files.write(model.resolve(file.getKey()), file.getValue());
        }
    }

    private static TextForm asked(Path model) {
        RunConfig defaults = RunConfigLoader.load("tiny", List.of());
        ModelOrigin origin = ModelOrigin.of(model);
        return TextForm.open(
                defaults.data().prompt(), origin, TextForm.fit(defaults.data().prompt(), origin));
    }

    @Test
    void shouldAskInTheWordsOfTheConversationsThatWereTrained() throws IOException {
        Path model = model();
        assertTrue(asked(model).isBare(), "nobody has said anything else of it");
        put(model, TextForm.files(run()));
        assertEquals("\n", asked(model).chat().template().settings().userTurn().after());
    }

    /** What a run begins with stays with what it makes, whether it has conversations itself or not. */
    @Test
    void shouldKeepWhatTheModelHad() throws IOException {
        Path model = model();
        put(model, TextForm.files(run("data.prompt.template=vila-v1.5", "data.prompt.system=Be brief.")));
        Map<String, byte[]> later = TextForm.files(RunConfigLoader.load("tiny", List.of("model.checkpoint=" + model)));
        assertEquals(1, later.size());
        String text = new String(later.values().iterator().next(), StandardCharsets.UTF_8);
        assertTrue(text.contains("Be brief."), text);
        assertTrue(TextForm.files(RunConfigLoader.load("tiny", List.of())).isEmpty(), "its samples have no template");
    }

    @Test
    void shouldWriteTemplatesThatAreRead() throws IOException {
        for (String name : ChatTemplateSettings.NAMES) {
            ChatTemplateSettings template = ChatTemplateSettings.read(name).withSystem("a \"quoted\"\nline");
            Path file = Files.writeString(folder.resolve(name + ".conf"), template.text());
            ChatTemplateSettings read = ChatTemplateSettings.read(file.toString());
            assertEquals(template.text(), read.text(), name);
            assertEquals(template.userTurn(), read.userTurn());
        }
    }
}
