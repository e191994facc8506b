package io.longreel.peer;

/** The two sizes that bench_step.py knows, in the words of Hugging Face's SiglipVisionConfig and Qwen2Config. */
enum ModelSize {
    TINY(new Vision(64, 128, 3, 2, 56, 14), new Language(320, 128, 384, 4, 4, 2)),
    SMALL(new Vision(384, 1536, 6, 6, 112, 14), new Language(8192, 512, 1408, 8, 8, 2));

    record Vision(int hidden, int intermediate, int layers, int heads, int image, int patch) {
        int side() {
            return image / patch;
        }
    }

    record Language(int vocabulary, int hidden, int intermediate, int layers, int heads, int keyValueHeads) {
        int headSize() {
            return hidden / heads;
        }
    }

    private final Vision vision;
    private final Language language;

    ModelSize(Vision vision, Language language) {
        this.vision = vision;
        this.language = language;
    }

    Vision vision() {
        return vision;
    }

    Language language() {
        return language;
    }
}
