package io.longreel.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigSyntax;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The sizes of a checkpoint in VILA's layout ({@code llm/config.json}, {@code vision_tower/config.json}) under the names that models.conf has. No weights are looked at. Stateless.
 */
final class ModelFolder {
    private ModelFolder() {}

    static ConfigObject read(Path folder) {
        Path llm = folder.resolve("llm").resolve("config.json");
        Path decoder = Files.isRegularFile(llm) ? llm : folder.resolve("config.json");
        Config json = json(decoder);
        int hidden = size(json, decoder, "hidden_size");
        int heads = size(json, decoder, "num_attention_heads");
        Map<String, Object> shape = new LinkedHashMap<>();
        shape.put("hidden", hidden);
        shape.put("layers", size(json, decoder, "num_hidden_layers"));
        shape.put("heads", heads);
        shape.put("kv-heads", json.hasPath("num_key_value_heads") ? size(json, decoder, "num_key_value_heads") : heads);
        shape.put("head-dim", json.hasPath("head_dim") ? size(json, decoder, "head_dim") : Math.max(1, hidden / heads));
        shape.put("intermediate", size(json, decoder, "intermediate_size"));
        shape.put("vocabulary", size(json, decoder, "vocab_size"));
        shape.put("tied", json.hasPath("tie_word_embeddings") && json.getBoolean("tie_word_embeddings"));
        Path tower = folder.resolve("vision_tower").resolve("config.json");
        if (Files.isRegularFile(tower)) {
            shape.put("vision", vision(json(tower), tower));
        }
        ConfigObject object = ConfigFactory.parseMap(shape, folder.toString()).root();
        return shape.containsKey("vision")
                ? object
                : object.withFallback(ConfigFactory.parseString("vision = null").root());
    }

    private static Map<String, Object> vision(Config json, Path file) {
        int side = size(json, file, "image_size") / size(json, file, "patch_size");
        int hidden = size(json, file, "hidden_size");
        int joined = (side + 1) / 2;
        return Map.of(
                "hidden",
                hidden,
                "intermediate",
                size(json, file, "intermediate_size"),
                // VILA takes the state before the last block.
                "layers",
                Math.max(1, size(json, file, "num_hidden_layers") - 1),
                "heads",
                size(json, file, "num_attention_heads"),
                "patches",
                side * side,
                "patch-input",
                3 * size(json, file, "patch_size") * size(json, file, "patch_size"),
                "tokens-per-frame",
                joined * joined + 1,
                "projector-input",
                4 * hidden);
    }

    private static int size(Config json, Path file, String key) {
        try {
            int size = json.getInt(key);
            if (size > 0) {
                return size;
            }
        } catch (ConfigException.Missing e) {
            throw RuntimeFailure.config("%s: %s is missing; a model's configuration must have it".formatted(file, key));
        } catch (ConfigException e) {
            // Falls through to the same failure: what is there is no size.
        }
        throw RuntimeFailure.config("%s: %s must be a whole number above zero".formatted(file, key));
    }

    private static Config json(Path file) {
        if (!Files.isRegularFile(file)) {
            throw RuntimeFailure.config("no such model: there is no file %s".formatted(file));
        }
        try {
            return ConfigFactory.parseFile(
                    file.toFile(), ConfigParseOptions.defaults().setSyntax(ConfigSyntax.JSON));
        } catch (ConfigException e) {
            throw new RuntimeFailure(RuntimeFailure.Category.CONFIG, "%s: not valid JSON".formatted(file), e);
        }
    }
}
