package io.longreel.peer;

import static io.longreel.peer.Tensors.scalar;
import static io.longreel.peer.Tensors.scoped;

import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** vila.py's model: frames through tower and projector, spliced into the text's embeddings, decoded, and the mean loss of the labels. */
final class Vila {
    private static final long IGNORED = -100;
    private static final int MEAN = 1;

    private final SiglipTower tower;
    private final Projector projector;
    private final QwenDecoder decoder;

    Vila(ModelSize size, Parameters parameters, boolean runsUnusedBlock, boolean repeatsKeys) {
        tower = new SiglipTower(size.vision(), parameters, runsUnusedBlock);
        decoder = new QwenDecoder(size.language(), parameters, repeatsKeys);
        projector = new Projector(
                size.vision().side(), size.vision().hidden(), size.language().hidden(), parameters);
    }

    int tokensPerFrame() {
        return projector.tokensPerFrame();
    }

    /** The loss; {@code ids} has one {@code image} token for each frame. */
    Tensor loss(Tensor ids, Tensor labels, Tensor pixels, long image) {
        return scoped(() -> {
            Tensor isImage = ids.eq(scalar(image));
            Tensor repeats = torch.where(isImage, scalar(tokensPerFrame()), scalar(1));
            Tensor spliced = scoped(() -> splice(ids, pixels, isImage, repeats));
            Tensor logits = decoder.apply(spliced);
            Tensor targets = torch.repeat_interleave(
                    torch.where(isImage, scalar(IGNORED), labels), repeats, new LongOptional(0), new LongOptional());
            long tokens = targets.size(0);
            return torch.cross_entropy_loss(
                    logits.select(0, 0).narrow(0, 0, tokens - 1).to(ScalarType.Float),
                    targets.narrow(0, 1, tokens - 1),
                    new TensorOptional(),
                    MEAN,
                    IGNORED,
                    0);
        });
    }

    QwenDecoder.Cache cache(long tokensMax, ScalarType type) {
        return decoder.new Cache(tokensMax, type);
    }

    /** A prompt; {@code [1]}, the most likely token after it. */
    Tensor first(Tensor ids, Tensor pixels, long image, QwenDecoder.Cache cache) {
        return scoped(() -> {
            Tensor isImage = ids.eq(scalar(image));
            Tensor repeats = torch.where(isImage, scalar(tokensPerFrame()), scalar(1));
            Tensor spliced = scoped(() -> splice(ids, pixels, isImage, repeats));
            return mostLikely(decoder.extend(spliced, cache));
        });
    }

    /** The most likely token after {@code token [1]}. */
    Tensor next(Tensor token, QwenDecoder.Cache cache) {
        return scoped(() -> mostLikely(decoder.extend(decoder.embed(token).unsqueeze(0), cache)));
    }

    private static Tensor mostLikely(Tensor logits) {
        return logits.reshape(1, -1).argmax(new LongOptional(1), false);
    }

    private Tensor splice(Tensor ids, Tensor pixels, Tensor isImage, Tensor repeats) {
        Tensor text = decoder.embed(ids);
        Tensor frames = projector.apply(tower.apply(pixels));
        Tensor places = torch.repeat_interleave(isImage, repeats, new LongOptional(0), new LongOptional());
        return torch.repeat_interleave(text, repeats, new LongOptional(0), new LongOptional())
                .masked_scatter(places.unsqueeze(1), frames.reshape(-1, frames.size(2)))
                .unsqueeze(0);
    }
}
