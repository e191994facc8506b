package io.longreel.model;

import io.longreel.config.RuntimeFailure;
import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.Placement;
import io.longreel.model.cache.KeyValueCache;
import io.longreel.model.cache.RankCache;
import io.longreel.model.checkpoint.ModelOrigin;
import io.longreel.model.checkpoint.SafetensorsWriter;
import io.longreel.model.generate.PromptChunks;
import io.longreel.model.generate.Sampling;
import io.longreel.ops.device.Device;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;
import io.longreel.transport.InProcessTransport;
import io.longreel.transport.RankEndpoint;
import io.longreel.transport.RankThreads;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * The answer to one batch of ids and pixels on a mesh of ranks in this process, written out for comparison: what the parity tests and {@code bin/longreel generate --batch} run.
 * Nothing in it is simpler than where users are served.
 *
 * @param chunkTokens tokens of a prompt that go through the model at a time
 * @param newTokens tokens to choose; nothing ends the answer before
 */
public record GenerateRun(
        Path checkpoint, Mesh mesh, Device device, SessionOptions options, int chunkTokens, int newTokens) {

    public GenerateRun {
        if (chunkTokens < 1 || newTokens < 1) {
            throw RuntimeFailure.config("chunk and new tokens must be at least 1: chunkTokens=%d newTokens=%d"
                    .formatted(chunkTokens, newTokens));
        }
    }

    /** Answers the batch in a file, labels apart, and writes {@code tokens} (integers) to {@code out}. */
    public int[] run(Path batchFile, Path out, Sampling sampling) {
        ModelConfig config = ModelOrigin.of(checkpoint).readConfig();
        PackedBatch prompt = BatchFile.readPrompt(batchFile, config).packed();
        requireOneDocument(batchFile, prompt);
        int[] tokens = answer(config, prompt, sampling);
        try (TensorArena arena = TensorArena.open("answer", TensorArena.sizeBytes(DType.I64, tokens.length))) {
            Tensor written = arena.allocate(DType.I64, tokens.length);
            for (int i = 0; i < tokens.length; i++) {
                written.segment().setAtIndex(ValueLayout.JAVA_LONG, i, tokens[i]);
            }
            SafetensorsWriter.write(out, List.of(SafetensorsWriter.Item.of("tokens", written)));
        }
        return tokens;
    }

    private static void requireOneDocument(Path file, PackedBatch prompt) {
        if (prompt.cuSeqlens().length != 2) {
            throw RuntimeFailure.data("a prompt must be one document: file=%s cu_seqlens=%s; leave cu_seqlens out"
                    .formatted(file, Arrays.toString(prompt.cuSeqlens())));
        }
    }

    /** The new tokens, which all ranks agree on. */
    public int[] answer(ModelConfig config, PackedBatch prompt, Sampling sampling) {
        try (LoadedModel model = LoadedModel.open(ModelOrigin.of(checkpoint), config, device, options);
                InProcessTransport transport = InProcessTransport.open(Placement.inProcess(mesh))) {
            List<int[]> answers =
                    RankThreads.run(transport.endpoints(), endpoint -> rank(model, prompt, sampling, endpoint));
            for (int[] answer : answers) {
                if (!Arrays.equals(answer, answers.getFirst())) {
                    throw new IllegalStateException("ranks must agree: first=%s other=%s"
                            .formatted(Arrays.toString(answers.getFirst()), Arrays.toString(answer)));
                }
            }
            return answers.getFirst();
        }
    }

    private int[] rank(LoadedModel model, PackedBatch prompt, Sampling sampling, RankEndpoint endpoint) {
        ModelConfig config = model.config();
        List<PromptChunks.Chunk> chunks =
                PromptChunks.of(prompt.ids(), 0, config.imageToken(), config.tokensPerFrame(), chunkTokens);
        int promptTokens = chunks.stream().mapToInt(PromptChunks.Chunk::tokens).sum();
        int rows = InferenceSession.rowsMax(promptTokens, chunks.size(), newTokens, mesh.ringDegree());
        try (RankCache cache =
                        InferenceSession.openCache(config, mesh, endpoint.rank(), KeyValueCache.pagesFor(rows), false);
                InferenceSession session = InferenceSession.open(model, device, mesh, options, cache, endpoint)) {
            session.begin(0, 1, rows, sampling);
            for (int id : prompt.ids()) {
                if (id != config.imageToken()) {
                    session.saw(0, id, false);
                }
            }
            int[] answer = new int[newTokens];
            for (PromptChunks.Chunk chunk : chunks) {
                FrameSource frames = chunk.frames() == 0
                        ? FrameSource.NONE
                        : new SlicedFrames(prompt.frames(), chunk.firstFrame(), chunk.frames());
                boolean asks = chunk.to() == prompt.ids().length;
                int[] ids = Arrays.copyOfRange(prompt.ids(), chunk.from(), chunk.to());
                switch (session.extend(0, session.chunk(ids, frames), asks)) {
                    case InferenceSession.Extended.Asked asked -> answer[0] = asked.token();
                    case InferenceSession.Extended.Cached cached -> {}
                    case InferenceSession.Extended.Unreadable unreadable ->
                        throw RuntimeFailure.data("frames cannot be read: " + unreadable.reason());
                }
            }
            for (int i = 1; i < newTokens; i++) {
                answer[i] = session.decode(List.of(0L))[0];
            }
            session.end(0);
            return answer;
        }
    }
}
