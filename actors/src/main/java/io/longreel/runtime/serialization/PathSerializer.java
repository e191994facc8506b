package io.longreel.runtime.serialization;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.Serializer;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import java.nio.file.Path;

/** A path as its text: processes of a job share their files under the same names. */
final class PathSerializer extends Serializer<Path> {
    /** The class that paths of the default file system have. */
    static final Class<? extends Path> TYPE = Path.of("").getClass();

    PathSerializer() {
        super(false, true);
    }

    @Override
    public void write(Kryo kryo, Output output, Path path) {
        output.writeString(path.toString());
    }

    @Override
    public Path read(Kryo kryo, Input input, Class<? extends Path> type) {
        return Path.of(input.readString());
    }
}
