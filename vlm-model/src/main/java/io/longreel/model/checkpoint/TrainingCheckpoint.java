package io.longreel.model.checkpoint;

import io.longreel.config.RuntimeFailure;
import io.longreel.model.TrainSession.SliceFile;
import io.longreel.model.disk.Disk;
import io.longreel.model.disk.DiskFailures;
import io.longreel.ops.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A training checkpoint, opened for reading by a mesh of any shape: a reader asks for a range of a named vector and gets it from whichever slices
 * hold it. When it is opened, the pieces of each vector must tile it: a hole or an overlap is a DATA failure. Used by one thread.
 */
public final class TrainingCheckpoint implements AutoCloseable {

    private record Key(StateKind kind, String name) {}

    private final Disk disk;
    private final Path directory;
    private final CheckpointManifest manifest;
    private final List<SliceReader> slices = new ArrayList<>();
    private final Map<Key, List<SliceReader.Box>> vectors = new LinkedHashMap<>();

    private TrainingCheckpoint(Disk disk, Path directory, CheckpointManifest manifest) {
        this.disk = disk;
        this.directory = directory;
        this.manifest = manifest;
    }

    /** Opens the slices that the manifest names and checks sizes, headers and that nothing is missing. */
    public static TrainingCheckpoint open(Path directory) {
        return open(Disk.system(), directory);
    }

    /** Likewise, from any disk. */
    public static TrainingCheckpoint open(Disk disk, Path directory) {
        return open(disk, directory, CheckpointManifest.read(disk, directory));
    }

    /** Opens slices whose manifest came another way, or is not written yet. */
    public static TrainingCheckpoint open(Path directory, CheckpointManifest manifest) {
        return open(Disk.system(), directory, manifest);
    }

    /** Likewise, from any disk. */
    static TrainingCheckpoint open(Disk disk, Path directory, CheckpointManifest manifest) {
        TrainingCheckpoint checkpoint = new TrainingCheckpoint(disk, directory, manifest);
        try {
            manifest.slices().forEach(checkpoint::openSlice);
            checkpoint.checkCounters();
            checkpoint.vectors.values().forEach(checkpoint::checkTiling);
        } catch (RuntimeException e) {
            checkpoint.close();
            throw e;
        }
        return checkpoint;
    }

    public CheckpointManifest manifest() {
        return manifest;
    }

    /** A number that all ranks wrote, such as the optimizer's steps. */
    public long counter(String name) {
        Long value = slices.getFirst().counters().get(name);
        if (value == null) {
            throw RuntimeFailure.data(
                    "training checkpoint must have the counter: counter=%s directory=%s".formatted(name, directory));
        }
        return value;
    }

    /** All numbers that all ranks wrote. */
    public Map<String, Long> counters() {
        return slices.getFirst().counters();
    }

    /** What it holds, without values. */
    List<CheckpointContents.Vector> vectors() {
        List<CheckpointContents.Vector> all = new ArrayList<>();
        vectors.forEach((key, boxes) -> {
            long elements = boxes.getLast().to(); // they tile the tensor
            all.add(new CheckpointContents.Vector(
                    key.kind.label(),
                    key.name,
                    boxes.getFirst().shape(),
                    elements,
                    elements * Float.BYTES,
                    boxes.stream()
                            .map(box -> new CheckpointContents.Box(
                                    box.slice().file().getFileName().toString(),
                                    box.from(),
                                    box.to(),
                                    box.crc32c().length))
                            .toList()));
        });
        return all;
    }

    /** Names of all vectors of a kind. */
    public Set<String> names(StateKind kind) {
        return vectors.keySet().stream()
                .filter(key -> key.kind == kind)
                .map(Key::name)
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /** Fills {@code target} with elements from {@code from} on; {@code shape} is that of the whole tensor. */
    public void read(StateKind kind, String name, int[] shape, long from, Tensor target) {
        List<SliceReader.Box> boxes = vectors.get(new Key(kind, name));
        if (boxes == null && Tensor.elements(shape) == 0) {
            return; // nothing was written of it, and nothing is wanted
        }
        if (boxes == null) {
            throw RuntimeFailure.data("training checkpoint must hold the tensor: tensor=%s kind=%s directory=%s"
                    .formatted(name, kind.label(), directory));
        }
        List<Integer> expected = Arrays.stream(shape).boxed().toList();
        if (!boxes.getFirst().shape().equals(expected)) {
            throw RuntimeFailure.data(
                    "tensor of the training checkpoint must fit the model: tensor=%s kind=%s expected=%s found=%s directory=%s"
                            .formatted(
                                    name,
                                    kind.label(),
                                    expected,
                                    boxes.getFirst().shape(),
                                    directory));
        }
        long to = from + target.elements();
        if (from < 0 || to > Tensor.elements(shape)) {
            throw new IllegalArgumentException("range must lie in the tensor: tensor=%s from=%d to=%d elements=%d"
                    .formatted(name, from, to, Tensor.elements(shape)));
        }
        for (SliceReader.Box box : boxes) {
            long first = Math.max(from, box.from());
            long last = Math.min(to, box.to());
            if (first < last) {
                box.slice().read(box, first, last, target, first - from);
            }
        }
    }

    /** Fills a whole tensor. */
    public void read(StateKind kind, String name, Tensor target) {
        read(kind, name, target.shape(), 0, target);
    }

    @Override
    public void close() {
        slices.forEach(SliceReader::close);
        slices.clear();
    }

    private void openSlice(SliceFile slice) {
        Path file = directory.resolve(slice.name());
        long sizeBytes;
        try (Disk.Input input = disk.open(file)) {
            sizeBytes = input.sizeBytes();
        } catch (IOException e) {
            throw DiskFailures.unreadable("slice that the manifest names is missing", file, e);
        }
        if (sizeBytes != slice.sizeBytes()) {
            throw RuntimeFailure.data("slice must have the size that the manifest gives: file=%s expected=%d found=%d"
                    .formatted(file, slice.sizeBytes(), sizeBytes));
        }
        SliceReader reader = SliceReader.open(disk, file);
        slices.add(reader);
        for (SliceReader.Box box : reader.boxes()) {
            vectors.computeIfAbsent(new Key(box.kind(), box.name()), key -> new ArrayList<>())
                    .add(box);
        }
    }

    private void checkCounters() {
        for (SliceReader slice : slices) {
            if (!slice.counters().equals(slices.getFirst().counters())) {
                throw RuntimeFailure.data("slices must come from one step: counters=%s file=%s but counters=%s file=%s"
                        .formatted(
                                slices.getFirst().counters(),
                                slices.getFirst().file(),
                                slice.counters(),
                                slice.file()));
            }
        }
    }

    private void checkTiling(List<SliceReader.Box> boxes) {
        boxes.sort(Comparator.comparingLong(SliceReader.Box::from).thenComparingLong(SliceReader.Box::to));
        SliceReader.Box first = boxes.getFirst();
        long elements = Tensor.elements(
                first.shape().stream().mapToInt(Integer::intValue).toArray());
        long end = 0;
        for (SliceReader.Box box : boxes) {
            if (!box.shape().equals(first.shape()) || box.from() != end) {
                throw RuntimeFailure.data(
                        "slices must tile the tensor without hole or overlap: tensor=%s kind=%s shape=%s expectedFrom=%d foundFrom=%d foundShape=%s file=%s"
                                .formatted(
                                        box.name(),
                                        box.kind().label(),
                                        first.shape(),
                                        end,
                                        box.from(),
                                        box.shape(),
                                        box.slice().file()));
            }
            end = box.to();
        }
        if (end != elements) {
            throw RuntimeFailure.data(
                    "slices must tile the tensor to its end: tensor=%s kind=%s shape=%s missingFrom=%d directory=%s"
                            .formatted(first.name(), first.kind().label(), first.shape(), end, directory));
        }
    }
}
