package io.longreel.model.checkpoint;

import io.longreel.config.RuntimeFailure;
import io.longreel.config.topology.Mesh;
import io.longreel.model.TrainSession.SliceFile;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.Tensor;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Program of {@link DiskFullIT}: saves checkpoints on a real disk of 1 MiB, which it fills, makes read-only and gives room again, and prints a
 * line for what became of each.
 */
final class FullDisk {
    private static final int FITS = 50_000;
    private static final int FITS_ALONE = 220_000;

    private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    private final Path run;
    private final CheckpointStore store;

    private FullDisk(Path run) {
        this.run = run;
        this.store = CheckpointStore.of(run);
    }

    public static void main(String[] args) throws IOException, InterruptedException {
        FullDisk disk = new FullDisk(Path.of(args[0]));
        disk.save(1, FITS);
        disk.save(2, FITS_ALONE); // 880 kB beside 200 kB
        disk.mount("ro");
        disk.save(3, FITS);
        disk.mount("rw");
        disk.save(4, FITS);
        disk.store.prune(1);
        disk.print("pruned");
    }

    private void save(long step, int elements) throws IOException {
        String outcome = "saved";
        try (TensorArena arena = TensorArena.open("full", 1L << 20)) {
            Tensor values = arena.allocate(elements);
            Path directory = store.prepare(step);
            SlicePiece piece = new SlicePiece(StateKind.WEIGHT, "w", new int[] {elements}, 0, values);
            SliceFile slice = SliceWriter.write(directory, 0, Map.of(), List.of(piece));
            store.seal(new CheckpointManifest("full", 1, "sft", 1, step, Mesh.single(), 1e4, List.of(slice)));
        } catch (RuntimeFailure e) {
            outcome = e.category() + " " + e.getMessage();
            discard(step);
        }
        print("step %d %s".formatted(step, outcome));
    }

    private void discard(long step) {
        try {
            store.discard(step);
        } catch (RuntimeFailure e) {
            out.println("discard " + e.category());
        }
    }

    private void print(String what) throws IOException {
        long newest = store.latest().orElseThrow().manifest().globalStep();
        try (Stream<Path> files = Files.walk(run)) {
            long temporary =
                    files.filter(file -> file.toString().contains(".tmp-")).count();
            out.printf("%s; newest=%d temporary=%d%n", what, newest, temporary);
        }
    }

    private void mount(String mode) throws IOException, InterruptedException {
        int exit = new ProcessBuilder("mount", "-o", "remount," + mode, run.toString())
                .inheritIO()
                .start()
                .waitFor();
        if (exit != 0) {
            throw new IOException("mount failed: mode=%s exit=%d".formatted(mode, exit));
        }
    }
}
