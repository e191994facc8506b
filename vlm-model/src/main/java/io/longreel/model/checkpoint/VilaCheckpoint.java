package io.longreel.model.checkpoint;

import io.longreel.config.RuntimeFailure;
import io.longreel.model.ModelConfig;
import io.longreel.model.state.ParameterSpec;
import io.longreel.model.state.Parameters;
import io.longreel.ops.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A model in VILA's layout, opened for reading (specification 1): root {@code config.json}, {@code llm/}, {@code vision_tower/} and
 * {@code mm_projector/}, with the names of transformers 4.x or 5.x. Names, shapes and types of all tensors are checked when it is opened;
 * {@link #load} then only copies. Any thread may read. A projector that is to be new ({@link #isNew}) has nothing to be loaded.
 *
 * <p>Rows of the embedding and the head beyond those of the file are the mean of these, as VILA makes rows for tokens that it adds (specification 1.5).
 * Parts of the vision tower that are never run (blocks after the selected one, the last norm) may be missing: they are read as identity.
 */
public final class VilaCheckpoint implements AutoCloseable {
    /** Prefix of the vision tower's tensors in transformers 4.x. */
    static final String OLD_VISION_PREFIX = "vision_model.";

    /** Where a parameter lies: file, and its name in it. */
    private record Stored(SafetensorsFile file, String name) {}

    private final ModelOrigin origin;
    private final ModelConfig config;
    private final List<ParameterSpec> specs;
    private final TableMeans means = new TableMeans();
    private final List<WeightFiles> parts = new ArrayList<>();
    private final Map<String, Stored> stored = new LinkedHashMap<>();
    private final Map<String, Tensor> extras = new TreeMap<>();

    private VilaCheckpoint(ModelOrigin origin) {
        this.origin = origin;
        this.config = origin.readConfig();
        this.specs = ParameterSpec.of(config);
    }

    /** The numbers of a checkpoint's model, without its weights. */
    public static ModelConfig readConfig(Path directory) {
        return ModelOrigin.of(directory).readConfig();
    }

    /** Opens and checks a checkpoint; a faulty one is a DATA failure of one line. */
    public static VilaCheckpoint open(Path directory) {
        return open(ModelOrigin.of(directory));
    }

    /** Opens and checks the parts of a model; a faulty one is a DATA failure of one line. */
    public static VilaCheckpoint open(ModelOrigin origin) {
        VilaCheckpoint checkpoint = new VilaCheckpoint(origin);
        try {
            checkpoint.openPart(origin.visionTower(), ParameterSpec.VISION);
            origin.projector().ifPresent(folder -> checkpoint.openPart(folder, ParameterSpec.PROJECTOR));
            checkpoint.openPart(origin.llm(), ParameterSpec.LLM);
            checkpoint.checkTensors(VilaConfigReader.read(origin));
        } catch (RuntimeException e) {
            checkpoint.close();
            throw e;
        }
        return checkpoint;
    }

    public ModelOrigin origin() {
        return origin;
    }

    public ModelConfig config() {
        return config;
    }

    /** Whether nothing is stored of a parameter because it is to be initialised: the projector's, where there is none yet. */
    public boolean isNew(String name) {
        return origin.projector().isEmpty() && name.startsWith(ParameterSpec.PROJECTOR);
    }

    /** Fills every parameter, converted to F32. {@code parameters} may hold others too (adapters), which stay as they are. */
    public void load(Parameters parameters) {
        for (ParameterSpec spec : specs) {
            load(spec.name(), parameters.tensor(spec.name()));
        }
    }

    /** Fills one parameter, converted to F32. */
    public void load(String name, Tensor target) {
        load(name, 0, target);
    }

    /** Fills elements {@code [from, from + target.elements())} of one parameter, converted to F32; the rest is not read. */
    public void load(String name, long from, Tensor target) {
        Stored where = stored.get(name);
        if (where != null) {
            load(where, from, target);
        } else if (isNew(name)) {
            throw RuntimeFailure.data("model must have a projector, which only training makes: parts=" + origin);
        } else if (isNeverRun(name)) {
            fillIdentity(name, target);
        } else {
            throw new IllegalArgumentException("no such parameter: name=%s checkpoint=%s".formatted(name, origin));
        }
    }

    private void load(Stored where, long from, Tensor target) {
        long stored = where.file.entry(where.name).elements();
        long inFile = Math.clamp(stored - from, 0, target.elements());
        if (inFile > 0) {
            where.file.readFloats(where.name, from, target.elements(0, inFile));
        }
        if (inFile < target.elements()) {
            float[] mean = means.of(where.file, where.name);
            for (long i = inFile; i < target.elements(); i++) {
                target.setFloat(i, mean[(int) ((from + i) % mean.length)]);
            }
        }
    }

    /** What it holds, without values, in the order of the files. */
    List<ModelContents.StoredTensor> tensors() {
        List<ModelContents.StoredTensor> all = new ArrayList<>();
        stored.forEach((name, where) -> {
            SafetensorsFile.Entry entry = where.file.entry(where.name);
            all.add(new ModelContents.StoredTensor(
                    name,
                    entry.dtype().name(),
                    Arrays.stream(entry.shape()).boxed().toList(),
                    entry.elements(),
                    entry.to() - entry.from(),
                    "%s/%s".formatted(partOf(name), where.file.file().getFileName())));
        });
        return all;
    }

    /**
     * Tensors of the vision tower that this version has no parameter for (the attention pooling head), as stored, by canonical name without
     * prefix. They are never trained, so a writer may copy them.
     */
    Map<String, Tensor> extras() {
        return extras;
    }

    @Override
    public void close() {
        parts.forEach(WeightFiles::close);
        parts.clear();
    }

    private void openPart(Path folder, String prefix) {
        WeightFiles weights = WeightFiles.open(folder);
        parts.add(weights);
        Map<String, SafetensorsFile> files = weights.tensors();
        for (Map.Entry<String, SafetensorsFile> tensor : files.entrySet()) {
            String name = tensor.getKey();
            boolean old = prefix.equals(ParameterSpec.VISION) && name.startsWith(OLD_VISION_PREFIX);
            String canonical = prefix + (old ? name.substring(OLD_VISION_PREFIX.length()) : name);
            if (stored.put(canonical, new Stored(tensor.getValue(), name)) != null) {
                throw RuntimeFailure.data("tensor must not be there twice, with and without %s: tensor=%s file=%s"
                        .formatted(OLD_VISION_PREFIX, name, tensor.getValue().file()));
            }
        }
    }

    /** @param inFiles the numbers of what is stored, which may have fewer rows of the embedding */
    private void checkTensors(ModelConfig inFiles) {
        Map<String, Stored> unexpected = new LinkedHashMap<>(stored);
        for (ParameterSpec spec : ParameterSpec.of(inFiles)) {
            Stored where = unexpected.remove(spec.name());
            if (where != null) {
                checkTensor(where, spec);
            } else if (!isNeverRun(spec.name()) && !isNew(spec.name())) {
                throw RuntimeFailure.data(
                        "tensor is missing: tensor=%s expected=%s found=nothing folder=%s; copy the checkpoint again, or correct its config.json"
                                .formatted(
                                        withoutPart(spec.name()),
                                        Arrays.toString(spec.shape()),
                                        folderOf(spec.name())));
            }
        }
        for (Map.Entry<String, Stored> tensor : unexpected.entrySet()) {
            Stored where = tensor.getValue();
            if (isPoolingHead(tensor.getKey())) {
                extras.put(withoutPart(tensor.getKey()), where.file.tensor(where.name));
            } else if (!isHarmless(tensor.getKey())) {
                throw RuntimeFailure.data(
                        "tensor is none of the model that config.json describes: tensor=%s expected=nothing found=%s file=%s; correct config.json, or take the tensor out"
                                .formatted(where.name, where.file.tensor(where.name), where.file.file()));
            }
        }
    }

    private static void checkTensor(Stored where, ParameterSpec spec) {
        SafetensorsFile.Entry entry = where.file.entry(where.name);
        if (!Arrays.equals(entry.shape(), spec.shape()) || !StorageFloats.isFloating(entry.dtype())) {
            throw RuntimeFailure.data(
                    "tensor must have the shape that config.json gives: tensor=%s expected=%s found=%s%s file=%s; copy the checkpoint again, or correct its config.json"
                            .formatted(
                                    where.name,
                                    Arrays.toString(spec.shape()),
                                    entry.dtype(),
                                    Arrays.toString(entry.shape()),
                                    where.file.file()));
        }
    }

    /** Whether nothing that is computed depends on a parameter of the vision tower. */
    private boolean isNeverRun(String name) {
        if (name.startsWith(ParameterSpec.VISION + "post_layernorm.")) {
            return true;
        }
        for (int layer = config.vision().usedLayers(); layer < config.vision().layers(); layer++) {
            if (name.startsWith(ParameterSpec.visionLayer(layer))) {
                return true;
            }
        }
        return false;
    }

    private static boolean isPoolingHead(String name) {
        return name.startsWith(ParameterSpec.VISION + "head.");
    }

    /** Buffers that old versions stored, a second copy of a tied head, and what a whole SigLIP has beyond its vision tower. */
    private boolean isHarmless(String name) {
        boolean otherTower = name.startsWith(ParameterSpec.VISION + "text_model.")
                || name.startsWith(ParameterSpec.VISION + "logit_");
        boolean tiedHead = name.equals(ParameterSpec.LLM + "lm_head.weight")
                && config.llm().tieEmbeddings();
        return tiedHead
                || otherTower
                || name.endsWith(".rotary_emb.inv_freq")
                || name.equals(ParameterSpec.VISION + "embeddings.position_ids");
    }

    /** A residual block whose linear layers are zero adds nothing; a norm of weight 1 and bias 0 only normalises. */
    private static void fillIdentity(String name, Tensor target) {
        boolean normWeight = name.contains("norm") && name.endsWith(".weight");
        for (long i = 0; i < target.elements(); i++) {
            target.setFloat(i, normWeight ? 1 : 0);
        }
    }

    private static String withoutPart(String name) {
        return name.substring(name.indexOf('.') + 1);
    }

    private Path folderOf(String name) {
        return origin.folder(partOf(name)).orElseThrow();
    }

    private static String partOf(String name) {
        return name.substring(0, name.indexOf('.'));
    }
}
