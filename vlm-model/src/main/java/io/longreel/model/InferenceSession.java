package io.longreel.model;

import io.longreel.config.AttentionSettings;
import io.longreel.config.RuntimeFailure;
import io.longreel.config.ShardingSettings.Stages;
import io.longreel.config.topology.Mesh;
import io.longreel.model.attention.CachedAttention;
import io.longreel.model.attention.ChunkPlan;
import io.longreel.model.attention.HeadDims;
import io.longreel.model.attention.TokenAttention;
import io.longreel.model.cache.CachedSequence;
import io.longreel.model.cache.KeyValueCache;
import io.longreel.model.cache.RankCache;
import io.longreel.model.cache.RowTransfer;
import io.longreel.model.decoder.TokenDecoder;
import io.longreel.model.generate.Sampling;
import io.longreel.model.generate.TokenSampler;
import io.longreel.model.plan.StepMemory;
import io.longreel.model.plan.StepPlan;
import io.longreel.model.shard.HeadShards;
import io.longreel.model.shard.Span;
import io.longreel.model.state.Weights;
import io.longreel.model.state.Workspace;
import io.longreel.ops.device.Device;
import io.longreel.ops.kernels.Kernels;
import io.longreel.ops.kernels.LossKernels;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;
import io.longreel.transport.RankEndpoint;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Answering with multi-modal sequence parallelism on one rank (LongVILA, section 3.3, inference): a prompt goes through the model in chunks, frames and tokens sharded as in
 * training; keys and values of all tokens stay with the ranks that computed them; new tokens are computed one by one, each rank attending to what it has. All ranks make the
 * same calls in the same order. Owns the rank's memory; used by its compute thread.
 */
public final class InferenceSession implements AutoCloseable {
    private final ModelConfig config;
    private final Kernels kernels;
    private final Groups groups;
    private final SessionOptions options;
    private final TensorArena windows;
    private final Weights weights;
    private final VlmModel model;
    private final TokenDecoder decoder;
    private final StepMemory memory;
    private final HeadShards heads;
    private final HeadDims dims;
    private final RankCache cache;
    private final Map<Long, Sequence> sequences = new HashMap<>();
    /** Extents of decoding that fit the memory that there is. */
    private final Set<TokenAttention.Extent> planned = new HashSet<>();

    /** One answer that goes on. */
    private static final class Sequence {
        private final RankCache.Entry cached;
        private final TokenSampler sampler;
        /** Tokens chosen of the present answer. */
        private int chosen;
        /** The newest of them, which is in no cache yet. */
        private int newest;

        Sequence(RankCache.Entry cached, TokenSampler sampler) {
            this.cached = cached;
            this.sampler = sampler;
        }
    }

    /**
     * A sequence that an earlier mesh incarnation has left.
     *
     * @param turn the use of it that its tokens are of
     * @param length tokens
     */
    public record Kept(long sequence, long turn, int length) {}

    private InferenceSession(
            LoadedModel loaded, Device device, Groups groups, SessionOptions options, RankCache cache) {
        this.config = loaded.config();
        this.kernels = options.kernels(device);
        this.groups = groups;
        this.options = options;
        this.windows = loaded.openWindows();
        this.weights = loaded.views(kernels, windows);
        this.model = new VlmModel(config, weights, options);
        this.memory = new StepMemory(kernels, groups.rank());
        this.heads = new HeadShards(
                config.llm().heads(), config.llm().kvHeads(), groups.mesh().ulyssesDegree());
        this.decoder = new TokenDecoder(config.llm(), heads, weights);
        this.dims = HeadDims.of(config.llm().headDim());
        this.cache = cache;
    }

    /**
     * A session for the calling thread. The endpoint, the weights and the cache stay the caller's.
     *
     * @param cache of this rank on this mesh, empty or as an earlier session has left it: {@link #recall} comes next then
     */
    public static InferenceSession open(
            LoadedModel model,
            Device device,
            Mesh mesh,
            SessionOptions options,
            RankCache cache,
            RankEndpoint endpoint) {
        if (mesh.dataDegree() != 1 || options.exactSums()) {
            throw RuntimeFailure.config(
                    "answers are computed by one replica with fast sums: mesh=%s sums=%s; set mesh.data = 1"
                            .formatted(mesh, options.precision().sums()));
        }
        AttentionSettings attention = options.attention();
        boolean isCausal = attention.mask() == AttentionSettings.Mask.CAUSAL
                && attention.window().isEmpty()
                && attention.blockSparse().isEmpty();
        if (!isCausal || options.sharding().stages() != Stages.TWO || options.exchangeType() != DType.F32) {
            throw RuntimeFailure.config(
                    "answers are computed with plain causal attention, two-stage sharding and an fp32 exchange: attention=%s sharding=%s exchange=%s; leave attention, sharding.stages and precision.exchange out"
                            .formatted(
                                    attention,
                                    options.sharding().stages(),
                                    options.precision().exchange()));
        }
        device.bindThread();
        return new InferenceSession(model, device, Groups.of(mesh, endpoint), options, cache);
    }

    /** An empty cache for a rank. */
    public static RankCache openCache(ModelConfig config, Mesh mesh, int rank, int pages, boolean mirrors) {
        return RankCache.open(mesh, cacheShape(config, mesh, mesh.ulyssesOf(rank), pages), mirrors);
    }

    /** What one rank keeps for sequences. */
    public static KeyValueCache.Shape cacheShape(ModelConfig config, Mesh mesh, int ulysses, int pages) {
        ModelConfig.Llm llm = config.llm();
        HeadShards heads = new HeadShards(llm.heads(), llm.kvHeads(), mesh.ulyssesDegree());
        return new KeyValueCache.Shape(
                llm.layers(), heads.kvHeads(ulysses).size(), llm.headDim(), llm.headDim(), pages);
    }

    /**
     * Rows that a rank needs at most for a sequence.
     *
     * @param chunks in which the prompt comes at most
     */
    public static int rowsMax(int promptTokens, int chunks, int newTokens, int ringDegree) {
        long perChunk = 2; // a chunk is dealt out in two pieces per ring rank, each rounded up
        long rows =
                Math.ceilDiv(promptTokens, ringDegree) + perChunk * chunks + Math.ceilDiv(newTokens, ringDegree) + 2;
        return Math.toIntExact(rows);
    }

    /** What an earlier mesh incarnation has left, wherever it lies; nothing else stays. Collective; all ranks get the same. */
    public List<Kept> recall() {
        return new CacheRecall(cache, groups).run(kernels);
    }

    /**
     * Begins an answer in a sequence of its own.
     *
     * @param turn a number that no other use of a sequence has
     * @param rowsMax as {@link #rowsMax(int, int, int, int)} has it
     */
    public void begin(long id, long turn, int rowsMax, Sampling sampling) {
        cache.begin(id, turn, rowsMax);
        sequences.put(id, new Sequence(cache.entry(id), new TokenSampler(sampling)));
    }

    /** Begins an answer in a sequence that is there, whose tokens from {@code length} on are forgotten. */
    public void resume(long id, long turn, int length, int rowsMax, Sampling sampling) {
        cache.resume(id, turn, length, rowsMax);
        sequences.put(id, new Sequence(cache.entry(id), new TokenSampler(sampling)));
    }

    /** A token that was in the prompt, or was chosen before: it counts for the penalty, and, when it was {@code chosen}, for the draws. */
    public void saw(long id, int token, boolean chosen) {
        Sequence sequence = sequence(id);
        sequence.sampler.saw(token);
        sequence.chosen += chosen ? 1 : 0;
    }

    /** What came of a piece of a prompt; the same on all ranks. */
    public sealed interface Extended {
        /** It is in the cache. */
        record Cached() implements Extended {}

        /** So is it, and the answer begins with a token. */
        record Asked(int token) implements Extended {}

        /**
         * Some frame cannot be read, and nothing has changed.
         *
         * @param reason empty on ranks whose frames can be read
         */
        record Unreadable(String reason) implements Extended {}
    }

    /**
     * More of a prompt.
     *
     * @param chunk one document without labels
     * @param asks whether the prompt ends with it, and a token is wanted
     */
    public Extended extend(long id, PackedBatch chunk, boolean asks) {
        Sequence sequence = sequence(id);
        ShardedBatch batch = ShardedBatch.of(config, groups.mesh(), groups.rank(), options, chunk);
        try (OwnPixels pixels = OwnPixels.of(config, batch)) {
            String reason = pixels.read();
            if (anybody(!reason.isEmpty())) {
                return new Extended.Unreadable(reason);
            }
            return extend(sequence, batch.withFrames(pixels), asks);
        }
    }

    /** Whether it is so on some rank. */
    private boolean anybody(boolean here) {
        double[] count = {here ? 1 : 0};
        if (groups.sequence().size() > 1) {
            groups.sequence().allReduceSum(count);
        }
        return count[0] > 0;
    }

    private Extended extend(Sequence sequence, ShardedBatch batch, boolean asks) {
        int offset = sequence.cached.length();
        int lastLayer = config.llm().layers() - 1;
        ChunkPlan all = plan(sequence, batch, ChunkPlan.Queries.ALL, 0);
        ChunkPlan last = plan(sequence, batch, asks ? ChunkPlan.Queries.LAST : ChunkPlan.Queries.NONE, lastLayer);
        int[] rows = asks ? lastRow(batch) : new int[0];
        List<Span> unknown = model.unknownFrames(batch, null);
        Workspace ws = reserve((w, g) -> {
            extend(w, g, batch.withoutPixels(), offset, unknown, all, last, rows);
            if (asks) {
                decoder.logits(
                        w, g.sequence(), w.step().allocate(1, config.llm().hiddenSize()));
            }
            cache.mirror().ifPresent(mirror -> transfer(w, g, sequence, batch, all, offset, mirror));
        });
        Tensor normed = extend(ws, groups, batch, offset, unknown, all, last, rows);
        Extended done = asks
                ? new Extended.Asked(choose(ws, List.of(sequence), shared(ws, batch, normed))[0])
                : new Extended.Cached();
        sequence.cached.own().append(all.newPositions());
        mirror(ws, sequence, batch, all, offset);
        sequence.cached.reached(offset + batch.layout().tokens());
        return done;
    }

    private Tensor extend(
            Workspace ws,
            Groups g,
            ShardedBatch batch,
            int offset,
            List<Span> unknown,
            ChunkPlan all,
            ChunkPlan last,
            int[] rows) {
        return model.extend(ws, g, batch, offset, unknown, attention(ws, g, all), attention(ws, g, last), rows);
    }

    /** What the chunk has added to the rank before this one in the ring is kept here, too. */
    private void mirror(Workspace ws, Sequence sequence, ShardedBatch batch, ChunkPlan chunk, int offset) {
        CachedSequence mirrored = sequence.cached.mirror();
        if (mirrored != null) {
            cache.mirror().ifPresent(mirror -> transfer(ws, groups, sequence, batch, chunk, offset, mirror));
            mirrored.append(previousPositions(batch, offset));
        }
    }

    private void transfer(
            Workspace ws,
            Groups g,
            Sequence sequence,
            ShardedBatch batch,
            ChunkPlan chunk,
            int offset,
            KeyValueCache mirror) {
        CachedSequence mirrored = sequence.cached.mirror();
        if (mirrored == null) {
            throw new IllegalStateException("a cache with a mirror mirrors all sequences");
        }
        int size = groups.mesh().ringDegree();
        int rows = mirrored.rows();
        RowTransfer.run(
                ws,
                g.ring(),
                new RowTransfer.Rows(cache.own(), chunk.stored()),
                (groups.ringRank() + 1) % size,
                new RowTransfer.Rows(mirror, mirrored.pieces(rows, rows + previousPositions(batch, offset).length)),
                Math.floorMod(groups.ringRank() - 1, size));
    }

    private int[] previousPositions(ShardedBatch batch, int offset) {
        int previous = Math.floorMod(groups.ringRank() - 1, groups.mesh().ringDegree());
        return Arrays.stream(batch.shards().ringPositions(previous))
                .map(token -> token + offset)
                .toArray();
    }

    private CachedAttention attention(Workspace ws, Groups g, ChunkPlan plan) {
        return new CachedAttention(ws, plan, cache.own(), g.ulysses(), g.ring(), dims);
    }

    private ChunkPlan plan(Sequence sequence, ShardedBatch batch, ChunkPlan.Queries queries, int firstLayer) {
        return new ChunkPlan(
                sequence.cached.own(),
                batch.shards(),
                heads,
                groups.ringRank(),
                groups.ulyssesRank(),
                sequence.cached.length(),
                queries,
                firstLayer);
    }

    /** Own row of the chunk's last token, on the rank that has it. */
    private static int[] lastRow(ShardedBatch batch) {
        return IntStream.range(0, batch.tokens().length)
                .filter(row -> batch.tokens()[row] == batch.layout().tokens() - 1)
                .toArray();
    }

    /** The last token's row, from the rank that has it to all. */
    private Tensor shared(Workspace ws, ShardedBatch batch, Tensor normed) {
        Tensor row = ws.step().allocate(1, config.llm().hiddenSize());
        int owner = ownerOfLast(batch);
        List<MemorySegment> receive = IntStream.range(0, groups.sequence().size())
                .mapToObj(member ->
                        member == owner ? row.segment() : row.segment().asSlice(0, 0))
                .toList();
        groups.sequence().allGatherV(normed.segment(), receive);
        return row;
    }

    private int ownerOfLast(ShardedBatch batch) {
        int token = batch.layout().tokens() - 1;
        return IntStream.range(0, groups.sequence().size())
                .filter(index ->
                        Arrays.stream(batch.shards().positionsOf(index)).anyMatch(t -> t == token))
                .findFirst()
                .orElseThrow();
    }

    /**
     * One more token of each of some sequences, which have one at least.
     *
     * @return the chosen tokens, in the order of {@code ids}
     */
    public int[] decode(List<Long> ids) {
        List<Sequence> group = ids.stream().map(this::sequence).toList();
        List<TokenAttention.Token> tokens = group.stream()
                .map(sequence -> new TokenAttention.Token(
                        sequence.cached.own(), sequence.cached.mirror(), sequence.cached.length()))
                .toList();
        int[] newest = group.stream().mapToInt(sequence -> sequence.newest).toArray();
        int[] positions =
                group.stream().mapToInt(sequence -> sequence.cached.length()).toArray();
        model.rotary().ensure(Arrays.stream(positions).max().orElse(0) + 1);
        Workspace ws = decodeSpace(newest, positions, TokenAttention.Extent.of(tokens, cache.own()));
        TokenAttention attention = tokenAttention(ws, tokens);
        Tensor normed = decoder.step(ws, ranks(groups), newest, positions, model.rotary(), attention);
        int[] chosen = choose(ws, group, normed);
        attention.append(tokens);
        group.forEach(sequence -> sequence.cached.reached(sequence.cached.length() + 1));
        return chosen;
    }

    /** Planned once per extent: planning takes longer than a small model's arithmetic. */
    private Workspace decodeSpace(int[] ids, int[] positions, TokenAttention.Extent extent) {
        if (!planned.add(extent)) {
            return memory.again();
        }
        return reserve((w, g) -> {
            TokenAttention attention = TokenAttention.planning(
                    w,
                    cache.own(),
                    heads,
                    g.ring(),
                    g.ulyssesRank(),
                    config.llm().headDim(),
                    extent);
            decoder.logits(w, g.sequence(), decoder.step(w, ranks(g), ids, positions, model.rotary(), attention));
        });
    }

    private TokenAttention tokenAttention(Workspace ws, List<TokenAttention.Token> tokens) {
        return new TokenAttention(
                ws,
                cache.own(),
                heads,
                groups.ring(),
                groups.ulyssesRank(),
                config.llm().headDim(),
                tokens);
    }

    private static TokenDecoder.Ranks ranks(Groups g) {
        return new TokenDecoder.Ranks(g.sequence(), g.ring(), g.ulyssesRank());
    }

    /** What comes next, from rows that all ranks have: one rank decides for all, so that nothing can make them differ. */
    private int[] choose(Workspace ws, List<Sequence> group, Tensor normed) {
        Tensor logits = decoder.logits(ws, groups.sequence(), normed);
        double[] chosen = new double[group.size()];
        if (groups.sequence().index() == 0) {
            for (int i = 0; i < chosen.length; i++) {
                chosen[i] = choose(logits, i, group.get(i));
            }
        }
        if (groups.sequence().size() > 1) {
            groups.sequence().allReduceSum(chosen);
        }
        for (int i = 0; i < chosen.length; i++) {
            Sequence sequence = group.get(i);
            sequence.newest = (int) chosen[i];
            sequence.sampler.saw(sequence.newest);
            sequence.chosen++;
        }
        return Arrays.stream(chosen).mapToInt(token -> (int) token).toArray();
    }

    private int choose(Tensor logits, int row, Sequence sequence) {
        requireFinite(logits, row);
        if (sequence.sampler.isArgmax()) {
            return kernels.loss().argmax(logits, row);
        }
        return sequence.sampler.choose(logits.slice(row, row + 1).toFloats(), sequence.chosen);
    }

    /** An answer made of numbers that are none must not look like one. */
    private void requireFinite(Tensor logits, int row) {
        double sum = kernels.elementwise().sumOfSquares(logits.slice(row, row + 1));
        if (!Double.isFinite(sum)) {
            throw new RuntimeFailure(
                    RuntimeFailure.Category.RETRYABLE, "logits are not finite: rank=%d".formatted(groups.rank()));
        }
    }

    private Workspace reserve(StepPlan.Pass pass) {
        return memory.reserve(groups, (w, g) -> weights.rehearse(() -> pass.run(w, g)));
    }

    /** A batch of text and frames that belong to no document with labels. */
    public PackedBatch chunk(int[] ids, FrameSource frames) {
        int[] labels = new int[ids.length];
        Arrays.fill(labels, LossKernels.IGNORE);
        return PackedBatch.single(ids, labels, config.imageToken(), frames);
    }

    /** Forgets a sequence, whether somebody is answered in it or not. */
    public void end(long id) {
        cache.end(id);
        sequences.remove(id);
    }

    private Sequence sequence(long id) {
        Sequence sequence = sequences.get(id);
        if (sequence == null) {
            throw new IllegalStateException("no such sequence: id=%d".formatted(id));
        }
        return sequence;
    }

    @Override
    public void close() {
        memory.close();
        model.close();
        windows.close();
    }
}
