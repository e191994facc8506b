package io.longreel.model;

import io.longreel.config.RuntimeFailure;
import io.longreel.config.StageSettings.Part;
import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.MeshAdvice;
import io.longreel.config.topology.Placement;
import io.longreel.model.checkpoint.SafetensorsWriter;
import io.longreel.model.checkpoint.VilaCheckpoint;
import io.longreel.model.loss.LossSum;
import io.longreel.model.plan.StepMemory;
import io.longreel.model.shard.SequenceLayout;
import io.longreel.model.state.ParameterSpec;
import io.longreel.model.state.Parameters;
import io.longreel.model.state.TrainableSet;
import io.longreel.model.state.Weights;
import io.longreel.model.state.Workspace;
import io.longreel.ops.device.Device;
import io.longreel.ops.kernels.Kernels;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;
import io.longreel.transport.InProcessTransport;
import io.longreel.transport.RankEndpoint;
import io.longreel.transport.RankThreads;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * One batch through a checkpoint on a mesh of ranks in this process, written out for comparison: loss, logits, vision features, projected rows and,
 * when asked for, every gradient, under Hugging Face's names. What the parity tests and {@code bin/longreel forward} run; nothing in it is faster or
 * simpler than in training.
 */
public final class ForwardRun {
    private final Path checkpoint;
    private final Path batchFile;
    private final Mesh mesh;
    private final Device device;
    private final Kernels kernels;
    private final SessionOptions options;
    private final boolean gradients;

    private ForwardRun(
            Path checkpoint, Path batchFile, Mesh mesh, Device device, SessionOptions options, boolean gradients) {
        this.checkpoint = checkpoint;
        this.batchFile = batchFile;
        this.mesh = mesh;
        this.device = device;
        this.kernels = options.kernels(device);
        this.options = options;
        this.gradients = gradients;
    }

    /**
     * Runs and writes {@code out}.
     *
     * @param batchFile safetensors with {@code input_ids} [n], {@code labels} [n] and, when there are frames, {@code pixel_values} [F, 3, h, w]
     * @param device what computes; where sums must be exact, the oracles do instead
     * @return the loss
     */
    public static double run(
            Path checkpoint,
            Path batchFile,
            Path out,
            Mesh mesh,
            Device device,
            SessionOptions options,
            boolean gradients) {
        if (mesh.dataDegree() != 1) {
            throw RuntimeFailure.config("one batch runs on one replica: data must be 1: mesh=" + mesh);
        }
        return new ForwardRun(checkpoint, batchFile, mesh, device, options, gradients).run(out);
    }

    private double run(Path out) {
        ModelConfig config = VilaCheckpoint.readConfig(checkpoint);
        MeshAdvice.requireInProcess(mesh, config.llm().heads());
        BatchFile batch = BatchFile.read(batchFile, config);
        SequenceLayout layout = SequenceLayout.of(batch.packed(), config.tokensPerFrame());
        long capacity = outputBytes(config, layout);
        try (TensorArena arena = TensorArena.open("forward-output", capacity);
                InProcessTransport transport = InProcessTransport.open(Placement.inProcess(mesh))) {
            Output output = new Output(config, layout, arena, gradientType(), gradients);
            List<RankEndpoint> endpoints = transport.endpoints();
            List<Double> losses =
                    RankThreads.run(endpoints, endpoint -> rank(config, batch.packed(), endpoint, output));
            output.loss.setFloat(0, losses.getFirst().floatValue());
            output.roundGradients(kernels);
            SafetensorsWriter.write(out, output.items());
            return losses.getFirst();
        }
    }

    /** One rank's part; returns the global loss. */
    private double rank(ModelConfig config, PackedBatch packed, RankEndpoint endpoint, Output output) {
        device.bindThread();
        List<ParameterSpec> specs = ParameterSpec.of(config);
        Groups groups = Groups.of(mesh, endpoint);
        ShardedBatch batch = ShardedBatch.of(config, mesh, groups.rank(), options, packed);
        try (TensorArena run = TensorArena.open("forward-weights", Parameters.sizeBytes(specs) + gradientBytes(specs));
                StepMemory memory = new StepMemory(kernels, groups.rank());
                VilaCheckpoint files = VilaCheckpoint.open(checkpoint)) {
            Parameters parameters = Parameters.allocate(specs, run);
            files.load(parameters);
            Weights weights = new Weights(parameters);
            TrainableSet used = new TrainableSet(config, Set.of(Part.VISION_TOWER, Part.PROJECTOR, Part.LLM));
            for (ParameterSpec spec : specs) {
                if (used.contains(spec.name())) {
                    Tensor gradient = run.allocate(gradientType(), spec.shape());
                    gradient.zero();
                    weights.attachGradient(spec.name(), gradient);
                }
            }
            int labelled = batch.layout().labelledTokens();
            float scale = labelled == 0 ? 0f : 1f / labelled;
            try (VlmModel model = new VlmModel(config, weights, options)) {
                Workspace ws = memory.reserve(
                        groups, (w, g) -> model.lossAndGradients(w, g, batch.withoutPixels(), scale, new NoProbe()));
                LossSum losses = new LossSum(options.precision().sums());
                FrameEncoding encoding = FrameEncoding.all(batch.ownFrames());
                model.lossAndGradients(ws, groups, batch, encoding, scale, losses, output.probe(batch));
                double sum = losses.over(groups.world());
                output.addInTurn(groups, weights, kernels);
                return labelled == 0 ? 0.0 : sum / labelled;
            }
        }
    }

    private DType gradientType() {
        return options.exactSums() ? DType.SUM128 : DType.F32;
    }

    private long gradientBytes(List<ParameterSpec> specs) {
        return specs.stream()
                .mapToLong(spec -> TensorArena.sizeBytes(gradientType(), spec.shape()))
                .sum();
    }

    private long outputBytes(ModelConfig config, SequenceLayout layout) {
        long floats = 16L + (long) layout.tokens() * config.llm().vocabularySize();
        floats += (long) layout.frames()
                * config.vision().patches()
                * config.vision().hiddenSize();
        floats +=
                (long) layout.frames() * config.tokensPerFrame() * config.llm().hiddenSize();
        List<ParameterSpec> specs = ParameterSpec.of(config);
        long slack = 64L * (specs.size() + 8);
        return floats * Float.BYTES + Parameters.sizeBytes(specs) + gradientBytes(specs) + slack;
    }

    private record NoProbe() implements VlmModel.Probe {
        @Override
        public void projected(Tensor projected) {}

        @Override
        public void visionHidden(Tensor hidden) {}

        @Override
        public void logits(int firstRow, Tensor logits) {}
    }

    /** The tensors that are written, filled by all ranks: disjoint rows, except for the gradients, which ranks add one after the other. */
    private static final class Output {
        private final Tensor loss;
        private final Tensor logits;
        private final Tensor visionHidden;
        private final Tensor projected;
        private final List<SafetensorsWriter.Item> gradientItems = new ArrayList<>();
        private final List<String> gradientNames = new ArrayList<>();
        private final List<Tensor> gradientSums = new ArrayList<>();
        private final int frames;

        Output(ModelConfig config, SequenceLayout layout, TensorArena arena, DType gradientType, boolean gradients) {
            frames = layout.frames();
            loss = arena.allocate(1);
            logits = arena.allocate(layout.tokens(), config.llm().vocabularySize());
            visionHidden = arena.allocate(
                    frames, config.vision().patches(), config.vision().hiddenSize());
            projected =
                    arena.allocate(frames, config.tokensPerFrame(), config.llm().hiddenSize());
            if (gradients) {
                TrainableSet used = new TrainableSet(config, Set.of(Part.VISION_TOWER, Part.PROJECTOR, Part.LLM));
                for (ParameterSpec spec : ParameterSpec.of(config)) {
                    boolean reached = frames > 0 || spec.name().startsWith(ParameterSpec.LLM);
                    if (used.contains(spec.name()) && reached) {
                        gradientNames.add(spec.name());
                        Tensor rounded = arena.zeros(spec.shape());
                        gradientItems.add(SafetensorsWriter.Item.of("grad." + spec.name(), rounded));
                        Tensor sum = gradientType == DType.F32 ? rounded : arena.allocate(gradientType, spec.shape());
                        sum.zero();
                        gradientSums.add(sum);
                    }
                }
            }
        }

        VlmModel.Probe probe(ShardedBatch batch) {
            return new VlmModel.Probe() {
                @Override
                public void projected(Tensor rows) {
                    int from = batch.ownFrames().from();
                    projected
                            .slice(from, batch.ownFrames().to())
                            .reshape(rows.shape())
                            .copyFrom(rows);
                }

                @Override
                public void visionHidden(Tensor rows) {
                    visionHidden
                            .slice(batch.ownFrames().from(), batch.ownFrames().to())
                            .reshape(rows.shape())
                            .copyFrom(rows);
                }

                @Override
                public void logits(int firstRow, Tensor rows) {
                    for (int row = 0; row < rows.rows(); row++) {
                        int token = batch.tokens()[firstRow + row];
                        logits.slice(token, token + 1).copyFrom(rows.slice(row, row + 1));
                    }
                }
            };
        }

        /** Adds this rank's gradients when its turn comes, so that the sum has a fixed order. */
        void addInTurn(Groups groups, Weights weights, Kernels kernels) {
            for (int turn = 0; turn < groups.world().size(); turn++) {
                if (turn == groups.world().index()) {
                    for (int i = 0; i < gradientNames.size(); i++) {
                        Tensor own = weights.gradient(gradientNames.get(i));
                        if (own != null) {
                            kernels.elementwise().addTo(own, gradientSums.get(i));
                        }
                    }
                }
                groups.world().barrier();
            }
        }

        /** Exact sums become what is written; other sums are it already. */
        void roundGradients(Kernels kernels) {
            for (int i = 0; i < gradientItems.size(); i++) {
                if (gradientSums.get(i).dtype() == DType.SUM128) {
                    kernels.elementwise()
                            .round(gradientSums.get(i), gradientItems.get(i).tensor());
                }
            }
        }

        List<SafetensorsWriter.Item> items() {
            List<SafetensorsWriter.Item> items = new ArrayList<>();
            items.add(SafetensorsWriter.Item.of("loss", loss));
            items.add(SafetensorsWriter.Item.of("logits", logits));
            if (frames > 0) {
                items.add(SafetensorsWriter.Item.of("vision_hidden", visionHidden));
                items.add(SafetensorsWriter.Item.of("projected", projected));
            }
            items.addAll(gradientItems);
            return items;
        }
    }
}
