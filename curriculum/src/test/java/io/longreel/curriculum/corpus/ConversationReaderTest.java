package io.longreel.curriculum.corpus;

import static io.longreel.curriculum.corpus.TestRecords.assertDamaged;
import static io.longreel.curriculum.corpus.TestRecords.conversation;
import static io.longreel.curriculum.corpus.TestRecords.texts;
import static io.longreel.curriculum.corpus.TestRecords.write;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.longreel.config.DatasetSettings;
import io.longreel.config.DatasetSettings.Format;
import io.longreel.curriculum.corpus.Medium.Kind;
import io.longreel.curriculum.text.Role;
import io.longreel.curriculum.text.Turn;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConversationReaderTest {
    private static final String ASK =
            "\"conversations\": [{\"from\": \"human\", \"value\": \"%s\"}, {\"from\": \"gpt\", \"value\": \"yes\"}]";

    private final Path folder;

    ConversationReaderTest(@TempDir Path folder) {
        this.folder = folder;
    }

    @BeforeEach
    void makeMedia() throws IOException {
        for (String name : List.of("a.jpg", "b.png", "v.mp4", "w.mp4")) {
            Files.createFile(folder.resolve(name));
        }
        Files.createDirectory(folder.resolve("frames"));
    }

    @Test
    void shouldPutMediaInFrontWhenTextsHaveTags() {
        DataRecord.Conversation read = conversation(
                folder,
                "{\"id\": \"x1\", \"image\": [\"a.jpg\", \"b.png\"], "
                        + ASK.formatted("what <image>\\nis <image>\\nthis? ") + "}");
        assertEquals("x1", read.id());
        assertEquals(
                List.of(
                        Medium.whole(Kind.IMAGE, folder.resolve("a.jpg")),
                        Medium.whole(Kind.IMAGE, folder.resolve("b.png"))),
                read.media());
        assertEquals(List.of(new Turn(Role.USER, "what is this?"), new Turn(Role.ASSISTANT, "yes")), read.turns());
    }

    @Test
    void shouldTakeImagesBeforeVideosWhenRecordHasBoth() {
        DataRecord.Conversation read = conversation(
                folder,
                "{\"id\": 7, \"video\": [\"v.mp4\", \"frames\"], \"images\": [{\"path\": \"a.jpg\"}, \"b.png\"], "
                        + ASK.formatted("<video>\\n<vila/video>\\n<image><image>\\n x") + "}");
        assertEquals("7", read.id());
        assertEquals(
                List.of("a.jpg", "b.png", "v.mp4", "frames"),
                read.media().stream()
                        .map(medium -> medium.file().getFileName().toString())
                        .toList());
        assertEquals(
                List.of(Kind.IMAGE, Kind.IMAGE, Kind.VIDEO, Kind.VIDEO),
                read.media().stream().map(Medium::kind).toList());
        assertEquals(List.of("x", "yes"), texts(read));
    }

    @Test
    void shouldTakeImageTagForVideoWhenRecordHasVideosOnly() {
        DataRecord.Conversation read = conversation(
                folder, "{\"image\": null, \"video\": \"v.mp4\", " + ASK.formatted("<image>\\nwhat?") + "}");
        assertEquals(List.of(Medium.whole(Kind.VIDEO, folder.resolve("v.mp4"))), read.media());
        assertEquals(List.of("what?", "yes"), texts(read));
    }

    @Test
    void shouldKeepSystemMessageWhenMessagesHaveRoles() {
        DataRecord.Conversation read = conversation(folder, """
                {"messages": [{"role": "system", "content": " be brief "}, {"role": "user", "content": "1+1?"}, \
                {"role": "assistant", "content": 2}, {"role": "user", "content": "ü"}, {"role": "assistant", "content": ""}]}\
                """);
        assertEquals("one.jsonl#0", read.id());
        assertEquals(
                List.of(Role.SYSTEM, Role.USER, Role.ASSISTANT, Role.USER, Role.ASSISTANT),
                read.turns().stream().map(Turn::role).toList());
        assertEquals(List.of("be brief", "1+1?", "2", "ü", ""), texts(read));
    }

    @Test
    void shouldReadLegacyKeysWhenVideoSetIsOld() {
        DataRecord.Conversation answer = conversation(folder, "{\"video_id\": \"v\", \"q\": \"who? \", \"a\": \" B\"}");
        assertEquals(List.of(Medium.whole(Kind.VIDEO, folder.resolve("v.mp4"))), answer.media());
        assertEquals(List.of("who?", "B"), texts(answer));

        DataRecord.Conversation caption = conversation(
                folder,
                "{\"video_path\": \"w.mp4\", \"video_id\": \"v\", \"captions\": [{\"idx\": \"0\", \"content\": \"part\"}, {\"idx\": \"-1\", \"content\": \"all\"}]}");
        assertEquals(List.of(Medium.whole(Kind.VIDEO, folder.resolve("w.mp4"))), caption.media());
        assertEquals(List.of(ConversationReader.CAPTION_QUESTION, "all"), texts(caption));
    }

    @Test
    void shouldResolvePathsInMediaFolderWhenSpecHasOne() throws IOException {
        Path media = Files.createDirectories(folder.resolve("media/sub"));
        Files.createFile(media.resolve("c.jpg"));
        Path absolute = folder.resolve("a.jpg").toAbsolutePath();
        Path file = write(
                folder.resolve("set.json"),
                "[{\"image\": [\"sub/c.jpg\", \"x/../sub/c.jpg\", \"%s\"], %s}]"
                        .formatted(absolute, ASK.formatted("q")));
        DatasetSettings spec = new DatasetSettings(
                "set", Format.LLAVA, List.of(file), Optional.of(folder.resolve("media")), "", Map.of());
        try (Dataset dataset = Datasets.open(spec)) {
            assertEquals(
                    List.of(media.resolve("c.jpg"), media.resolve("c.jpg"), absolute),
                    ((DataRecord.Conversation) dataset.read(0))
                            .media().stream().map(Medium::file).toList());
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {}                                                                                 | must have conversations, messages, q and a, or captions
            {"conversations": "hi"}                                                            | field conversations must be a list of messages
            {"conversations": []}                                                              | must have a question and an answer
            {"conversations": [{"from": "human", "value": "a"}]}                               | must have a question and an answer
            {"conversations": [{"from": "gpt", "value": "a"}, {"from": "gpt", "value": "b"}]}  | message 0 must be the user's and is the assistant's
            {"messages": [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]} | message 1 must be the assistant's and is the user's
            {"messages": [{"role": "user", "content": "a"}, {"role": "gpt", "content": "b"}, {"role": "user", "content": "c"}]} | the last message must be the assistant's
            {"messages": [{"role": "user", "content": "a"}, {"role": "system", "content": "b"}]} | message 1 must be the assistant's and is the system's
            {"messages": [{"role": "tool", "content": "a"}]}                                   | field messages[0].role must be human, gpt, system, user or assistant, and is "tool"
            {"messages": [{"role": "user", "content": [1]}]}                                   | field messages[0].content must be a string
            {"q": "a"}                                                                         | field a must be a string
            {"captions": []}                                                                   | field captions must be a list whose last entry is
            {"captions": [{"idx": "0", "content": "c"}]}                                       | field captions must be a list whose last entry is
            {"id": [], "q": "a", "a": "b"}                                                     | field id must be a string or a number
            {"image": 3, "q": "a", "a": "b"}                                                   | field image must be a path
            {"image": " ", "q": "a", "a": "b"}                                                 | field image must be a path, and is blank
            {"images": [{"bytes": "x"}], "q": "a", "a": "b"}                                   | field images must be a path
            {"image": "../a.jpg", "q": "a", "a": "b"}                                          | field image must be a path inside the media folder
            {"image": "x/../../a.jpg", "q": "a", "a": "b"}                                     | leads out of it
            {"image": "no.jpg", "q": "a", "a": "b"}                                            | no.jpg must exist, and does not
            {"image": "frames", "q": "a", "a": "b"}                                            | frames must exist, and does not
            {"image": "a.jpg", "q": "<image> <image>", "a": "b"}                               | <image> tag for each image or none at all: tags=2 media=1
            {"q": "<video> x", "a": "b"}                                                       | <video> tag for each video or none at all: tags=1 media=0
            {"image": "a.jpg", "video": "v.mp4", "q": "<image><image>", "a": "b"}              | tags=2 media=1
            [1]                                                                                | begins with an array
            3                                                                                  | must be a JSON object
            {"q": "a", "a": "b"} {}                                                            | malformed JSON
            {"q": "a", "a": }                                                                  | malformed JSON, column 17
            """)
    void shouldSayWhatIsWrongWhenRecordIsDamaged(String json, String text) {
        if (text.contains("array")) {
            TestRecords.assertBroken(() -> conversation(folder, json), "one.jsonl", text, ".json");
        } else {
            assertDamaged(() -> conversation(folder, "\n" + json), "one.jsonl line 2: ", text);
        }
    }

    @Test
    void shouldReadOnBehindRecordWhenItsMediumIsMissing() throws IOException {
        Path file = write(
                folder.resolve("two.jsonl"),
                "{\"image\": \"late.jpg\", %1$s}\n{\"image\": \"a.jpg\", %1$s}\n".formatted(ASK.formatted("q")));
        try (Dataset dataset = TestRecords.open(Format.LLAVA, file)) {
            assertDamaged(() -> dataset.read(0), "two.jsonl line 1", "late.jpg must exist");
            assertEquals("two.jsonl#1", dataset.read(1).id());
            Files.createFile(folder.resolve("late.jpg"));
            assertEquals("two.jsonl#0", dataset.read(0).id());
        }
    }
}
