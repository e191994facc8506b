package io.longreel.model.checkpoint;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.longreel.config.StageSettings.Lora;
import io.longreel.model.checkpoint.VilaCheckpointWriter.Source;
import io.longreel.model.state.ParameterSpec;
import io.longreel.ops.tensor.DType;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;

/**
 * The adapters of a stage as a folder that PEFT loads on the decoder: {@code adapter_config.json} and {@code adapter_model.safetensors}. Norms and embedding
 * that the stage trained as a whole are in it under {@code modules_to_save}. What else trained (projector, tower) is no part of the decoder, and only in
 * the model. Appears under its name when it is complete.
 *
 * @param lora rank and scale
 * @param layers names of the linear layers that are adapted
 * @param trained names of the decoder's parameters that trained as a whole
 * @param base folder of the decoder that it adapts; empty: unknown
 */
public record PeftAdapter(Lora lora, List<String> layers, List<String> trained, String base) {
    /** Folder beside the parts of a stage's model. */
    public static final String FOLDER = "adapter";

    static final String CONFIG = "adapter_config.json";
    static final String WEIGHTS = "adapter_model.safetensors";

    private static final String PREFIX = "base_model.model.";
    private static final List<String> MATRICES = List.of(".lora_A.weight", ".lora_B.weight");

    public PeftAdapter {
        layers = List.copyOf(layers);
        trained = List.copyOf(trained);
    }

    /** Names of all tensors, in the order in which they are written. */
    public List<String> order() {
        TreeSet<String> names = new TreeSet<>(trained);
        layers.forEach(layer -> MATRICES.forEach(matrix -> names.add(layer + matrix)));
        return List.copyOf(names);
    }

    /** Creates or replaces {@code directory}. */
    public void write(Path directory, Source source) {
        DurableFile.writeDirectory(directory, folder -> {
            SafetensorsWriter.write(
                    folder.resolve(WEIGHTS),
                    order().stream()
                            .map(name -> new SafetensorsWriter.Item(
                                    PREFIX + withoutPart(name), source.view(name), DType.F32, () -> source.fetch(name)))
                            .toList());
            DurableFile.write(folder.resolve(CONFIG), JsonFile.prettyBytes(config()));
        });
    }

    private ObjectNode config() {
        ObjectNode json = JsonFile.newObject();
        json.put("peft_type", "LORA").put("task_type", "CAUSAL_LM");
        if (base.isEmpty()) {
            json.putNull("base_model_name_or_path");
        } else {
            json.put("base_model_name_or_path", base);
        }
        json.put("r", lora.rank());
        if (lora.alpha() == Math.rint(lora.alpha())) {
            json.put("lora_alpha", (long) lora.alpha());
        } else {
            json.put("lora_alpha", lora.alpha());
        }
        json.put("lora_dropout", 0.0).put("bias", "none").put("fan_in_fan_out", false);
        json.put("inference_mode", true);
        modules(json.putArray("target_modules"), layers);
        if (trained.isEmpty()) {
            json.putNull("modules_to_save");
        } else {
            modules(
                    json.putArray("modules_to_save"),
                    trained.stream()
                            .map(name -> name.substring(0, name.lastIndexOf('.')))
                            .toList());
        }
        return json;
    }

    /** Last parts of the modules' names, each once: how PEFT finds them. */
    private static void modules(ArrayNode list, Collection<String> names) {
        TreeSet<String> last = new TreeSet<>();
        names.forEach(name -> last.add(name.substring(name.lastIndexOf('.') + 1)));
        last.forEach(list::add);
    }

    private static String withoutPart(String name) {
        return name.substring(ParameterSpec.LLM.length());
    }
}
