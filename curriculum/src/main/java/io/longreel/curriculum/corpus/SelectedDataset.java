package io.longreel.curriculum.corpus;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.longreel.config.DatasetSettings.Subset;
import java.util.BitSet;
import java.util.List;

/** Some records of a dataset, in its order. Borrows the dataset: closing this one closes nothing. */
final class SelectedDataset implements Dataset {
    private static final JsonMapper JSON = new JsonMapper();

    private final String name;
    private final Dataset whole;
    private final int[] indices;

    private SelectedDataset(String name, Dataset whole, int[] indices) {
        this.name = name;
        this.whole = whole;
        this.indices = indices;
    }

    static SelectedDataset of(Dataset whole, String word, Subset subset) {
        BitSet listed = listed(subset, whole);
        if (subset.drop()) {
            listed.flip(0, whole.size());
        }
        String name = whole.name() + "@" + word;
        if (listed.isEmpty()) {
            throw Place.broken(
                    subset.file(),
                    "the subset %s must have a record, and leaves none; correct its list".formatted(name));
        }
        return new SelectedDataset(name, whole, listed.stream().toArray());
    }

    private static BitSet listed(Subset subset, Dataset whole) {
        FileBytes file = FileBytes.of(subset.file());
        Place place = new Place(subset.file(), () -> "list of records");
        String text = FileBytes.decode(file.read(0, Math.toIntExact(file.size())), place)
                .strip();
        return text.startsWith("[") ? ofArray(text, subset, whole) : ofLines(text, subset, whole);
    }

    private static BitSet ofArray(String text, Subset subset, Dataset whole) {
        long[] listed;
        try {
            listed = JSON.readValue(text, long[].class);
        } catch (JsonProcessingException e) {
            throw Place.broken(
                    subset.file(),
                    "must be a JSON array of record indices [0, 7, ...] or one on each line, and is not: %s; correct it"
                            .formatted(JsonRanges.reason(e)),
                    e);
        }
        BitSet indices = new BitSet(whole.size());
        for (int i = 0; i < listed.length; i++) {
            set(indices, listed[i], "entry %d".formatted(i), subset, whole);
        }
        return indices;
    }

    private static BitSet ofLines(String text, Subset subset, Dataset whole) {
        BitSet indices = new BitSet(whole.size());
        List<String> lines = text.lines().toList();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i).strip();
            if (line.isEmpty()) {
                continue;
            }
            try {
                set(indices, Long.parseLong(line), "line %d".formatted(i + 1), subset, whole);
            } catch (NumberFormatException e) {
                throw Place.broken(
                        subset.file(),
                        "line %d: must be the index of a record, and is \"%s\"; correct it".formatted(i + 1, line),
                        e);
            }
        }
        return indices;
    }

    private static void set(BitSet indices, long index, String where, Subset subset, Dataset whole) {
        if (index < 0 || index >= whole.size()) {
            throw Place.broken(
                    subset.file(),
                    "%s: must be the index of a record of %s, 0 to %d, and is %d; correct it"
                            .formatted(where, whole.name(), whole.size() - 1, index));
        }
        indices.set((int) index);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int size() {
        return indices.length;
    }

    @Override
    public DataRecord read(int index) {
        return whole.read(indices[index]);
    }

    @Override
    public void close() {}
}
