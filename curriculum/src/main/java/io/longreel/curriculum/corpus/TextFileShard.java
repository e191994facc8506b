package io.longreel.curriculum.corpus;

import java.nio.file.Path;

/** A text file that is one document, however long. */
final class TextFileShard implements Shard {
    private static final int FILE_BYTES_MAX = Integer.MAX_VALUE - 16;

    private final FileBytes file;

    private TextFileShard(FileBytes file) {
        this.file = file;
    }

    static TextFileShard of(Path path) {
        FileBytes file = FileBytes.of(path);
        if (file.size() > FILE_BYTES_MAX) {
            throw Place.broken(
                    path, "a document must be shorter than 2 GiB, and has %d bytes; split it".formatted(file.size()));
        }
        return new TextFileShard(file);
    }

    @Override
    public int size() {
        return 1;
    }

    @Override
    public DataRecord read(int index) {
        Place place = new Place(file.file(), () -> "record 0");
        String text = FileBytes.decode(file.read(0, (int) file.size()), place);
        return new DataRecord.Text("%s#0".formatted(file.file().getFileName()), text);
    }
}
