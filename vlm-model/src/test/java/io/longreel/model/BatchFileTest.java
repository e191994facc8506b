package io.longreel.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.RuntimeFailure;
import io.longreel.model.checkpoint.VilaCheckpoint;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A batch file is checked before anything is computed from it: what would change a loss in silence is refused with its place. */
class BatchFileTest {
    private static final ModelConfig CONFIG =
            VilaCheckpoint.readConfig(Path.of("src/test/resources/golden/gqa-even/checkpoint"));

    @TempDir
    Path folder;

    @Test
    void shouldReadDocumentsThatArePacked() throws IOException {
        PackedBatch batch = read(new long[] {1, 2, 3}, new long[] {1, -100, 3}, new long[] {0, 1, 3});
        assertArrayEquals(new int[] {0, 1, 3}, batch.cuSeqlens());
        assertArrayEquals(new int[] {1, -100, 3}, batch.labels());
        assertEquals(0, batch.frames().frameCount());
    }

    @Test
    void shouldRefuseLabelsThatAreNeitherIgnoredNorInTheVocabulary() {
        int vocabulary = CONFIG.llm().vocabularySize();
        assertRefused("labels[1]=-5", new long[] {1, 2}, new long[] {1, -5}, 0, 2);
        assertRefused("labels[0]=" + vocabulary, new long[] {1, 2}, new long[] {vocabulary, 2}, 0, 2);
        assertRefused("labels[1]=1099511627776", new long[] {1, 2}, new long[] {1, 1L << 40}, 0, 2);
    }

    @Test
    void shouldRefuseIdsThatHaveNoEmbedding() {
        assertRefused("input_ids[0]=-1", new long[] {-1, 2}, new long[] {1, 2}, 0, 2);
        assertRefused("input_ids[1]=100000000", new long[] {1, 100_000_000}, new long[] {1, 2}, 0, 2);
        assertRefused("input_ids must not be empty", new long[0], new long[0], 0, 0);
    }

    @Test
    void shouldRefuseDocumentBoundsThatDoNotAscendToTheEnd() {
        assertRefused("cu_seqlens=[0, 1]", new long[] {1, 2}, new long[] {1, 2}, 0, 1);
        assertRefused("cu_seqlens=[0, 2, 2]", new long[] {1, 2}, new long[] {1, 2}, 0, 2, 2);
        assertRefused("cu_seqlens=[1, 2]", new long[] {1, 2}, new long[] {1, 2}, 1, 2);
    }

    private void assertRefused(String facts, long[] ids, long[] labels, long... bounds) {
        RuntimeFailure failure = assertThrows(RuntimeFailure.class, () -> read(ids, labels, bounds));
        assertEquals(RuntimeFailure.Category.DATA, failure.category());
        assertTrue(String.valueOf(failure.getMessage()).contains(facts), failure::getMessage);
    }

    private PackedBatch read(long[] ids, long[] labels, long[] bounds) throws IOException {
        Path file = folder.resolve("batch.safetensors");
        Map<String, long[]> tensors = new LinkedHashMap<>();
        tensors.put("input_ids", ids);
        tensors.put("labels", labels);
        tensors.put("cu_seqlens", bounds);
        Files.write(file, safetensors(tensors));
        return BatchFile.read(file, CONFIG).packed();
    }

    /** Length of the header, header, values: all little-endian. */
    private static byte[] safetensors(Map<String, long[]> tensors) {
        StringBuilder header = new StringBuilder("{");
        int at = 0;
        for (Map.Entry<String, long[]> entry : tensors.entrySet()) {
            int end = at + Long.BYTES * entry.getValue().length;
            header.append(header.length() > 1 ? "," : "")
                    .append("\"%s\":{\"dtype\":\"I64\",\"shape\":[%d],\"data_offsets\":[%d,%d]}"
                            .formatted(entry.getKey(), entry.getValue().length, at, end));
            at = end;
        }
        byte[] text = header.append("}").toString().getBytes(StandardCharsets.UTF_8);
        ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES + text.length + at).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(text.length).put(text);
        tensors.values().forEach(values -> {
            for (long value : values) {
                bytes.putLong(value);
            }
        });
        return bytes.array();
    }
}
