package io.longreel.chaos.sim;

import io.longreel.runtime.protocol.WrittenSlice;
import io.longreel.runtime.supervisor.Position;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Checkpoints in the directory that all nodes share: slices with a checksum each, and a manifest that makes them one. */
final class SharedDirectory {
    private static final Path ROOT = Path.of("/run/checkpoints");

    /** A slice on disk. */
    record SliceFile(int rank, int worldSize, long state) {
        String checksum() {
            return "%016x".formatted(state * 31 + rank * 1_000_003L + worldSize);
        }
    }

    private record Manifest(Position position, List<WrittenSlice> slices) {}

    /** A checkpoint that is whole. */
    record Found(String directory, Position position) {}

    private final Map<String, Map<String, SliceFile>> files = new TreeMap<>();
    private final Map<String, Manifest> manifests = new TreeMap<>();

    void prepare(String directory) {
        manifests.remove(directory);
        files.put(directory, new TreeMap<>());
    }

    /** One that exists stays. */
    void discard(String directory) {
        if (!manifests.containsKey(directory)) {
            files.remove(directory);
        }
    }

    /** Writes a slice; one of the same name gives way. */
    WrittenSlice write(String directory, SliceFile slice) {
        String name = "rank-%d.slice".formatted(slice.rank());
        files.computeIfAbsent(directory, d -> new TreeMap<>()).put(name, slice);
        return new WrittenSlice(slice.rank(), name, 8, slice.checksum());
    }

    void seal(String directory, Position position, List<WrittenSlice> slices) {
        manifests.put(directory, new Manifest(position, slices));
    }

    /** The newest whose slices are all as the manifest says. */
    Optional<Found> newestWhole() {
        List<String> names = new ArrayList<>(manifests.keySet());
        for (String directory : names.reversed()) {
            Manifest manifest = manifests.get(directory);
            if (manifest != null && isWhole(directory, manifest)) {
                return Optional.of(new Found(directory, manifest.position()));
            }
        }
        return Optional.empty();
    }

    private boolean isWhole(String directory, Manifest manifest) {
        Map<String, SliceFile> there = files.getOrDefault(directory, Map.of());
        return manifest.slices().stream().allMatch(written -> {
            SliceFile file = there.get(written.name());
            return file != null && file.checksum().equals(written.sha256());
        });
    }

    /** The state that a checkpoint holds; empty when it is not whole, or its slices do not belong together. */
    Optional<Long> state(String directory) {
        Manifest manifest = manifests.get(directory);
        if (manifest == null || !isWhole(directory, manifest)) {
            return Optional.empty();
        }
        Map<String, SliceFile> there = files.getOrDefault(directory, Map.of());
        List<Long> states = new ArrayList<>();
        for (WrittenSlice written : manifest.slices()) {
            SliceFile file = there.get(written.name());
            if (file != null && !states.contains(file.state())) {
                states.add(file.state());
            }
        }
        return states.size() == 1 ? Optional.of(states.getFirst()) : Optional.empty();
    }

    static String directoryOf(String checkpoint) {
        return ROOT.resolve(checkpoint).toString();
    }
}
