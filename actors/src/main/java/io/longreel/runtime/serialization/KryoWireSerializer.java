package io.longreel.runtime.serialization;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import com.esotericsoftware.kryo.util.Pool;
import io.longreel.runtime.protocol.WireMessage;
import java.util.function.Supplier;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.actor.typed.ActorRefResolver;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.serialization.JSerializer;
import org.jspecify.annotations.Nullable;

/**
 * Serializer of every {@link WireMessage}, made by Pekko from the configuration, called from its remoting threads. Kryo
 * instances are not safe for two threads, so they come from a pool.
 *
 * <pre>
 *   message := class number (variable length) | record components in the order of their names
 * </pre>
 */
public final class KryoWireSerializer extends JSerializer {
    /** Part of the wire format; never changed. */
    public static final int IDENTIFIER = 19538;

    private static final int BUFFER_BYTES = 512;
    /** A frame of the network's, but for its envelope. */
    private static final int MESSAGE_BYTES_MAX = 500 << 10;

    private final Pool<Kryo> kryos;

    /** Called by Pekko. */
    public KryoWireSerializer(ExtendedActorSystem system) {
        this(() -> ActorRefResolver.get(Adapter.toTyped(system)));
    }

    private KryoWireSerializer(Supplier<ActorRefResolver> resolver) {
        ActorRefSerializer actorRefs = new ActorRefSerializer(resolver);
        this.kryos = new Pool<>(true, false, 16) {
            @Override
            protected Kryo create() {
                return WireRegistry.newKryo(actorRefs);
            }
        };
    }

    @Override
    public int identifier() {
        return IDENTIFIER;
    }

    @Override
    public boolean includeManifest() {
        return false;
    }

    @Override
    public byte[] toBinary(Object message) {
        Kryo kryo = kryos.obtain();
        try (Output output = new Output(BUFFER_BYTES, MESSAGE_BYTES_MAX)) {
            kryo.writeClassAndObject(output, message);
            return output.toBytes();
        } finally {
            kryos.free(kryo);
        }
    }

    @Override
    public Object fromBinaryJava(byte[] bytes, @Nullable Class<?> manifest) {
        Kryo kryo = kryos.obtain();
        try (Input input = new Input(bytes)) {
            return kryo.readClassAndObject(input);
        } finally {
            kryos.free(kryo);
        }
    }
}
