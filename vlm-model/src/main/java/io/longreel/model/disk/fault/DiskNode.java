package io.longreel.model.disk.fault;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/**
 * A file or a directory of a {@link SimulatedDisk}, as programs see it now and as it is for certain on the medium. Guarded by the disk's lock.
 */
sealed interface DiskNode {

    /** What a restart finds; {@code survival} decides about all that was not synced. */
    DiskNode afterCrash(SimulatedDisk.Survival survival, RandomGenerator random);

    /** Bytes. Nobody writes in the middle, but what a restart finds may be wrong anywhere behind what was synced last. */
    final class File implements DiskNode {
        private static final int SECTOR_BYTES = 512;

        private byte[] now = new byte[0];
        private byte[] synced = new byte[0];

        byte[] bytes() {
            return now;
        }

        void replace(byte[] bytes) {
            now = bytes;
        }

        void sync() {
            synced = now;
        }

        @Override
        public File afterCrash(SimulatedDisk.Survival survival, RandomGenerator random) {
            File found = new File();
            found.now = switch (survival) {
                case SYNCED_ONLY -> synced;
                case EVERYTHING -> now;
                case SOME -> torn(random);
            };
            found.synced = found.now;
            return found;
        }

        /** Any length between the two, and each sector old, new, or never written. */
        private byte[] torn(RandomGenerator random) {
            if (Arrays.equals(now, synced)) {
                return now;
            }
            int shorter = Math.min(now.length, synced.length);
            int longer = Math.max(now.length, synced.length);
            byte[] torn = new byte[random.nextBoolean() ? now.length : random.nextInt(shorter, longer + 1)];
            for (int at = 0; at < torn.length; at += SECTOR_BYTES) {
                byte[] source = random.nextBoolean() ? now : synced;
                int count = Math.min(SECTOR_BYTES, Math.min(torn.length, source.length) - at);
                if (count > 0) {
                    System.arraycopy(source, at, torn, at, count);
                }
            }
            return torn;
        }
    }

    /** Names. Each change of one is atomic, but which of those since the last sync survive is open. */
    final class Directory implements DiskNode {
        /** {@code removed} is gone, then {@code added} is {@code node}; one of the two may be missing. */
        private record Change(List<String> removed, Map<String, DiskNode> added) {
            void applyTo(Map<String, DiskNode> names) {
                removed.forEach(names::remove);
                names.putAll(added);
            }
        }

        private final Map<String, DiskNode> now = new TreeMap<>();
        private final Map<String, DiskNode> synced = new TreeMap<>();
        private final List<Change> pending = new ArrayList<>();

        Map<String, DiskNode> names() {
            return now;
        }

        void add(String name, DiskNode node) {
            change(new Change(List.of(), Map.of(name, node)));
        }

        void remove(String name) {
            change(new Change(List.of(name), Map.of()));
        }

        void rename(String from, String to, DiskNode node) {
            change(new Change(List.of(from), Map.of(to, node)));
        }

        void sync() {
            synced.clear();
            synced.putAll(now);
            pending.clear();
        }

        @Override
        public Directory afterCrash(SimulatedDisk.Survival survival, RandomGenerator random) {
            Map<String, DiskNode> names = new TreeMap<>(synced);
            for (Change change : pending) {
                boolean survives = switch (survival) {
                    case SYNCED_ONLY -> false;
                    case EVERYTHING -> true;
                    case SOME -> random.nextBoolean();
                };
                if (survives) {
                    change.applyTo(names);
                }
            }
            Directory found = new Directory();
            names.forEach((name, node) -> found.now.put(name, node.afterCrash(survival, random)));
            found.sync();
            return found;
        }

        private void change(Change change) {
            change.applyTo(now);
            pending.add(change);
        }
    }
}
