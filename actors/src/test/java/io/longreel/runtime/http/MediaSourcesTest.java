package io.longreel.runtime.http;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.RuntimeFailure;
import io.longreel.config.ServeSettings;
import io.longreel.curriculum.corpus.Medium;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class MediaSourcesTest {
    @TempDir
    private Path folder;

    private Path root;
    private Path video;
    private Alarms alarms;
    private MediaSources sources;

    @BeforeEach
    void open() throws IOException {
        root = Files.createDirectories(folder.resolve("real/films"));
        Files.createSymbolicLink(folder.resolve("films"), root);
        video = Files.write(root.resolve("a b.mp4"), ServeFixtures.VIDEO).toRealPath();
        Files.write(folder.resolve("secret.mp4"), ServeFixtures.VIDEO);
        alarms = new Alarms();
        sources = sources(ServeFixtures.media(List.of(folder.resolve("films")), List.of()));
    }

    @AfterEach
    void close() {
        sources.close();
        alarms.close();
    }

    private MediaSources sources(ServeSettings.Media settings) {
        return new MediaSources(settings, folder.resolve("uploads"), alarms);
    }

    @Test
    void shouldFindFilesBelowAnAllowedFolder() throws Exception {
        Files.createDirectories(root.resolve("deeper"));
        Files.createSymbolicLink(root.resolve("deeper/link.mp4"), video);
        for (String url : List.of(
                folder + "/films/a b.mp4",
                folder + "/real/films/a b.mp4",
                folder + "/films/../films/./a b.mp4",
                "file://" + folder + "/films/a%20b.mp4",
                "file:" + folder + "/films/a%20b.mp4",
                "FILE://localhost" + folder + "/films/a%20b.mp4",
                folder + "/films/deeper/link.mp4")) {
            assertEquals(
                    new Medium(Medium.Kind.VIDEO, video, 0, Medium.WHOLE_FILE),
                    find(url).medium(),
                    url);
        }
    }

    @Test
    void shouldRefuseFilesThatAreElsewhere() throws IOException {
        Files.createSymbolicLink(root.resolve("out.mp4"), folder.resolve("secret.mp4"));
        Files.createSymbolicLink(root.resolve("up"), folder);
        Path frames = Files.createDirectories(root.resolve("frames"));
        Files.createSymbolicLink(frames.resolve("1.png"), folder.resolve("secret.mp4"));
        for (String url : List.of(
                "/etc/passwd",
                "file:///etc/passwd",
                folder + "/secret.mp4",
                folder + "/not-there.mp4",
                folder + "/films/../secret.mp4",
                folder + "/films/../../x",
                "file://" + folder + "/films/%2e%2e/secret.mp4",
                "file://" + folder + "/films%2f..%2fsecret.mp4",
                folder + "/filmsalike/x",
                folder + "/films/out.mp4",
                folder + "/films/up/secret.mp4",
                folder + "/films/frames",
                "/proc/self/root" + folder + "/secret.mp4",
                "/")) {
            Refusal refusal = assertThrows(Refusal.class, () -> find(url), url);
            assertEquals(403, refusal.status(), url);
            assertTrue(refusal.getMessage().contains("longreel.serve.media.roots"), refusal::getMessage);
        }
    }

    @Test
    void shouldSayWhatIsWrongWithAFile() {
        for (String url : List.of(
                folder + "/films/missing.mp4",
                folder + "/films/a b.mp4/x",
                "file://elsewhere" + folder + "/films/a%20b.mp4",
                "file:relative.mp4",
                "file://" + folder + "/films/a b.mp4",
                "file://" + folder + "/films/a%20b.mp4?x=1",
                folder + "/films/\u0000.mp4",
                "films/a.mp4",
                "ftp://host/a.mp4",
                "")) {
            Refusal refusal = assertThrows(Refusal.class, () -> find(url), url);
            assertEquals(400, refusal.status(), url);
            assertEquals("where", refusal.param(), url);
        }
        Refusal folderAsPicture = assertThrows(Refusal.class, () -> find(Medium.Kind.IMAGE, folder + "/films"));
        assertEquals(400, folderAsPicture.status());
    }

    @Test
    void shouldTakeAFolderOfFramesAsAVideo() throws Exception {
        assertEquals(root.toRealPath(), find(folder + "/films").medium().file());
    }

    @Test
    void shouldKeepEqualUploadsOnce() throws Exception {
        MediaSources.Found first = find(data("video/mp4", ServeFixtures.VIDEO));
        MediaSources.Found second = find(data("video/webm;codecs=vp9", ServeFixtures.VIDEO));
        assertEquals(first.medium(), second.medium());
        assertArrayEquals(ServeFixtures.VIDEO, Files.readAllBytes(first.medium().file()));
        assertEquals(1, uploads());
        find(Medium.Kind.IMAGE, data("image/png", ServeFixtures.PICTURE));
        assertEquals(2, uploads());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "data:",
                "data:video/mp4",
                "data:video/mp4;base64",
                "data:video/mp4,AAAA",
                "data:;base64,AAAA",
                "data:image/png;base64,iVBORw0KGgo=",
                "data:text/html;base64,AAAA",
                "data:video/mp4;base64,",
                "data:video/mp4;base64,AAAA",
                "data:video/mp4;base64,AAAAGGZ0eXBpc29*AAAA",
                "data:video/mp4;base64,AAAAGGZ0eXBpc29t\u00e9AAA",
                "data:video/mp4;base64,AAAAGGZ0eXBpc29tA",
                "data:video/mp4;base64,I0VYVE0zVQ=="
            })
    void shouldRefuseDataThatIsNoVideo(String url) throws IOException {
        Refusal refusal = assertThrows(Refusal.class, () -> find(url));
        assertEquals(400, refusal.status());
        assertEquals("where", refusal.param());
        assertEquals(0, uploads());
    }

    @Test
    void shouldRefuseDataThatIsTooLargeOrNotWanted() throws IOException {
        byte[] large = Arrays.copyOf(ServeFixtures.VIDEO, 2049);
        assertEquals(
                413,
                assertThrows(Refusal.class, () -> find(data("video/mp4", large)))
                        .status());
        assertEquals(0, uploads());
        ServeSettings.Media none =
                new ServeSettings.Media(List.of(), false, List.of(), 1, 2048, 4096, Duration.ofSeconds(1));
        try (MediaSources closed = sources(none)) {
            ChatRequest.Shown shown = new ChatRequest.Shown(Medium.Kind.VIDEO, data("video/mp4", large), "where");
            assertEquals(
                    403, assertThrows(Refusal.class, () -> closed.find(shown)).status());
        }
    }

    @Test
    void shouldDeleteWhatNobodyHoldsWhenRoomIsNeeded() throws Exception {
        Uploads uploads = Uploads.in(folder.resolve("own"), 2048, 5000);
        Uploads.Held first = put(uploads, 1);
        Uploads.Held second = put(uploads, 2);
        Refusal full = assertThrows(Refusal.class, () -> put(uploads, 3));
        assertEquals(429, full.status());
        assertEquals(4000, uploads.allBytes());
        second.close();
        second.close();
        Uploads.Held third = put(uploads, 3);
        assertTrue(Files.exists(first.file()));
        assertFalse(Files.exists(second.file()));
        first.close();
        third.close();
        put(uploads, 1).close(); // asked for again: now the third is the oldest
        put(uploads, 4).close();
        assertTrue(Files.exists(first.file()));
        assertFalse(Files.exists(third.file()));
        Files.write(folder.resolve("own/9.part"), new byte[5]);
        Uploads again = Uploads.in(folder.resolve("own"), 2048, 2048);
        assertEquals(2000, again.allBytes());
        try (Stream<Path> files = Files.list(folder.resolve("own"))) {
            assertEquals(1, files.count());
        }
    }

    private static Uploads.Held put(Uploads uploads, int number) throws IOException {
        byte[] bytes = Arrays.copyOf(ServeFixtures.VIDEO, 2000);
        bytes[1999] = (byte) number;
        return uploads.put(new ByteArrayInputStream(bytes), Medium.Kind.VIDEO, "where");
    }

    @Test
    void shouldSayThatAFolderIsMissingWhenItOpens() {
        RuntimeFailure failure = assertThrows(
                RuntimeFailure.class, () -> sources(ServeFixtures.media(List.of(folder.resolve("none")), List.of())));
        assertEquals(RuntimeFailure.Category.CONFIG, failure.category());
    }

    private long uploads() throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve("uploads"))) {
            return files.count();
        }
    }

    private static String data(String type, byte[] bytes) {
        return "data:%s;base64,%s".formatted(type, Base64.getEncoder().encodeToString(bytes));
    }

    private MediaSources.Found find(String url) throws InterruptedException {
        return find(Medium.Kind.VIDEO, url);
    }

    private MediaSources.Found find(Medium.Kind kind, String url) throws InterruptedException {
        return sources.find(new ChatRequest.Shown(kind, url, "where"));
    }
}
