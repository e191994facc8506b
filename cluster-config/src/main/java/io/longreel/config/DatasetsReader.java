package io.longreel.config;

import com.typesafe.config.ConfigObject;
import io.longreel.config.DatasetSettings.Format;
import io.longreel.config.DatasetSettings.Subset;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Reads the user's datasets, each over {@code dataset-defaults}. One thread, for the duration of one load. */
final class DatasetsReader {
    private final ConfigReader data;
    private final Faults faults;

    DatasetsReader(ConfigReader data) {
        this.data = data;
        this.faults = data.faults();
    }

    Map<String, DatasetSettings> read() {
        ConfigReader defaults = data.section("dataset-defaults");
        dataset(defaults, "", false);
        subset(data.section("subset-defaults"), false);
        ConfigReader datasets = data.section("datasets");
        Map<String, DatasetSettings> all = new TreeMap<>();
        for (String name : datasets.names()) {
            SettingsReader.requireFileName(datasets, name, name);
            datasets.object(name)
                    .map(written -> data.child(written.withFallback(defaults.object()), datasets.pathOf(name)))
                    .ifPresent(section -> all.put(name, dataset(section, name, true)));
        }
        return all;
    }

    private DatasetSettings dataset(ConfigReader section, String name, boolean isComplete) {
        Format format = section.choice("format", Format.class);
        List<Path> files = new ArrayList<>();
        section.texts("files").forEach(text -> files.addAll(files(section, text)));
        Optional<Path> media = section.isNull("media")
                ? Optional.empty()
                : Optional.of(SettingsReader.path(section, "media", section.text("media")));
        String column = section.text("column");
        Map<String, Subset> subsets = new TreeMap<>();
        ConfigReader parts = section.section("subsets");
        ConfigObject defaults = data.section("subset-defaults").object();
        for (String part : parts.names()) {
            parts.object(part)
                    .map(written -> data.child(written.withFallback(defaults), parts.pathOf(part)))
                    .ifPresent(read -> subsets.put(part, subset(read, true)));
        }
        if (isComplete) {
            faults.require(!section.texts("files").isEmpty(), section, "files", "must name at least one file");
            media.ifPresent(folder -> faults.require(
                    Files.isDirectory(folder), section, "media", "must be a folder that is there, not " + folder));
        }
        return new DatasetSettings(name, format, files, media, column, subsets);
    }

    private Subset subset(ConfigReader section, boolean isComplete) {
        String text = section.text("file");
        boolean drop = section.flag("drop");
        if (!isComplete) {
            return new Subset(Path.of(text), drop);
        }
        Path file = SettingsReader.path(section, "file", text);
        faults.require(
                Files.isRegularFile(file) && Files.isReadable(file),
                section,
                "file",
                "must be a file that can be read, not " + file);
        return new Subset(file, drop);
    }

    /** A file, or those whose names match, in the order of their names. */
    private static List<Path> files(ConfigReader section, String text) {
        Path path = SettingsReader.path(section, "files", text);
        String name = String.valueOf(path.getFileName());
        boolean isPattern = name.contains("*") || name.contains("?");
        if (!isPattern) {
            if (!Files.isRegularFile(path) || !Files.isReadable(path)) {
                section.fault("files", "names a file that cannot be read: " + path);
            }
            return List.of(path);
        }
        List<Path> matches = new ArrayList<>();
        Path folder = path.toAbsolutePath().resolveSibling("").normalize();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, name)) {
            entries.forEach(matches::add);
        } catch (IOException e) {
            section.fault("files", "names files in a folder that cannot be read: " + path);
            return List.of();
        }
        Collections.sort(matches);
        if (matches.isEmpty()) {
            section.fault("files", "matches no file: " + path);
        }
        return matches;
    }
}
