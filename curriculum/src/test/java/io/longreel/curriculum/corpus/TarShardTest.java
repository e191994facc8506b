package io.longreel.curriculum.corpus;

import static io.longreel.curriculum.corpus.TestRecords.assertBroken;
import static io.longreel.curriculum.corpus.TestRecords.assertDamaged;
import static io.longreel.curriculum.corpus.TestRecords.open;
import static io.longreel.curriculum.corpus.TestRecords.texts;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.longreel.config.DatasetSettings.Format;
import io.longreel.curriculum.corpus.Medium.Kind;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TarShardTest {
    private static final String CONVERSATION =
            "{\"id\": \"own\", \"conversations\": [{\"from\": \"human\", \"value\": \"<image>\\nwhat?\"}, {\"from\": \"gpt\", \"value\": \"a cat\"}]}";

    private final Path folder;

    TarShardTest(@TempDir Path folder) {
        this.folder = folder;
    }

    @Test
    void shouldGroupMembersWhenTheyShareKey() throws IOException {
        String longName = "d/" + "x".repeat(150);
        Map<String, String> members = new LinkedHashMap<>();
        members.put("d/", "");
        members.put("d/0001.jpg", "picture one");
        members.put("d/0001.json", CONVERSATION);
        members.put("d/0002.txt", " a dog ");
        members.put(longName + ".json", "{\"text\": \"long\"}");
        members.put("d/0002.left.PNG", "left");
        members.put("d/0002.right.png", "right side");
        members.put("d/0002.cls", "3");
        members.put("d/.DS_Store", "x");
        members.put("d/noending", "x");
        members.put("d/0003.mp4", "film");
        members.put("d/0003.json", "{\"text\": \"a film\"}");
        members.put("e/0001.txt", "alone");
        try (Dataset dataset = open(Format.WEBDATASET, tar("s-000.tar", members))) {
            assertEquals(5, dataset.size());

            DataRecord.Conversation asked = (DataRecord.Conversation) dataset.read(0);
            assertEquals("own", asked.id());
            assertEquals(List.of("what?", "a cat"), texts(asked));
            assertMedia(asked, Kind.IMAGE, "picture one");

            DataRecord.Conversation caption = (DataRecord.Conversation) dataset.read(1);
            assertEquals("d/0002", caption.id());
            assertEquals(List.of("", "a dog"), texts(caption));
            assertMedia(caption, Kind.IMAGE, "left", "right side");

            assertEquals(new DataRecord.Text(longName, "long"), dataset.read(2));

            DataRecord.Conversation film = (DataRecord.Conversation) dataset.read(3);
            assertEquals(List.of("", "a film"), texts(film));
            assertMedia(film, Kind.VIDEO, "film");

            assertEquals(new DataRecord.Text("e/0001", "alone"), dataset.read(4));
        }
    }

    @Test
    void shouldBlameTheRecordWhenItsMembersAreNoRecord() throws IOException {
        Map<String, String> members = new LinkedHashMap<>();
        members.put("a.jpg", "picture");
        members.put("b.json", "{\"text\": ");
        members.put("c.json", CONVERSATION);
        members.put("d.json", "{\"text\": 3}");
        members.put("e.txt", "fine");
        try (Dataset dataset = open(Format.WEBDATASET, tar("s.tar", members))) {
            assertDamaged(() -> dataset.read(0), "s.tar record 0 (a): must have a .json member");
            assertDamaged(() -> dataset.read(1), "s.tar record 1 (b): malformed JSON");
            assertDamaged(() -> dataset.read(2), "s.tar record 2 (c): ", "tags=1 media=0");
            assertDamaged(() -> dataset.read(3), "s.tar record 3 (d): must have a .json member");
            assertEquals(new DataRecord.Text("e", "fine"), dataset.read(4));
        }
    }

    @Test
    void shouldRefuseTarWhenItIsCompressedOrDamaged() throws IOException {
        Path tar = tar("s.tar", Map.of("a.txt", "text".repeat(1000)));
        byte[] bytes = Files.readAllBytes(tar);
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
            out.write(bytes);
        }
        assertBroken(() -> shard("s.tar.gz", packed.toByteArray()), "s.tar.gz: must be an uncompressed tar", "gunzip");
        assertBroken(() -> shard("z.tar", new byte[] {0x28, (byte) 0xB5, 0x2F, (byte) 0xFD, 0}), "zstd -d");
        assertBroken(() -> shard("cut.tar", Arrays.copyOf(bytes, 2000)), "cut.tar: must be a whole tar");
        byte[] damaged = bytes.clone();
        damaged[0] = 'x';
        assertBroken(() -> shard("header.tar", damaged), "header.tar: must be a tar");
        assertBroken(() -> shard("empty.tar", new byte[0]), "must have a record");
    }

    private void shard(String name, byte[] bytes) throws IOException {
        open(Format.WEBDATASET, Files.write(folder.resolve(name), bytes)).close();
    }

    private Path tar(String name, Map<String, String> members) throws IOException {
        Path file = folder.resolve(name);
        try (TarArchiveOutputStream out = new TarArchiveOutputStream(Files.newOutputStream(file))) {
            out.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
            for (Map.Entry<String, String> member : members.entrySet()) {
                byte[] bytes = member.getValue().getBytes(StandardCharsets.UTF_8);
                TarArchiveEntry entry = new TarArchiveEntry(member.getKey());
                entry.setSize(bytes.length);
                out.putArchiveEntry(entry);
                out.write(bytes);
                out.closeArchiveEntry();
            }
        }
        return file;
    }

    /** The ranges hold exactly the members' bytes. */
    private static void assertMedia(DataRecord.Conversation conversation, Kind kind, String... contents)
            throws IOException {
        assertEquals(contents.length, conversation.media().size());
        for (int i = 0; i < contents.length; i++) {
            Medium medium = conversation.media().get(i);
            assertEquals(kind, medium.kind());
            byte[] file = Files.readAllBytes(medium.file());
            int from = (int) medium.offset();
            assertArrayEquals(
                    contents[i].getBytes(StandardCharsets.UTF_8),
                    Arrays.copyOfRange(file, from, from + (int) medium.length()));
        }
    }
}
