package io.longreel.runtime.serialization;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.KryoException;
import com.esotericsoftware.kryo.Serializer;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import io.longreel.curriculum.engine.EngineRequest;
import io.longreel.curriculum.media.MediumView;
import io.longreel.model.generate.Sampling;
import java.util.ArrayList;
import java.util.List;

/** A question with its ids as numbers of variable length: a prompt of many frames has tens of thousands, and a message must stay small. */
final class EngineRequestSerializer extends Serializer<EngineRequest> {
    /** More would not fit a message. */
    private static final int IDS_MAX = 1 << 24;

    EngineRequestSerializer() {
        super(false, true);
    }

    @Override
    public void write(Kryo kryo, Output output, EngineRequest request) {
        writeIds(output, request.ids());
        output.writeVarInt(request.media().size(), true);
        request.media().forEach(medium -> kryo.writeObject(output, medium));
        kryo.writeObject(output, request.sampling());
        output.writeVarInt(request.newTokensMax(), true);
        writeIds(output, request.stopIds());
    }

    @Override
    public EngineRequest read(Kryo kryo, Input input, Class<? extends EngineRequest> type) {
        List<Integer> ids = readIds(input);
        List<MediumView> media = new ArrayList<>();
        for (int i = count(input); i > 0; i--) {
            media.add(kryo.readObject(input, MediumView.class));
        }
        Sampling sampling = kryo.readObject(input, Sampling.class);
        return new EngineRequest(ids, media, sampling, input.readVarInt(true), readIds(input));
    }

    private static void writeIds(Output output, List<Integer> ids) {
        output.writeVarInt(ids.size(), true);
        ids.forEach(id -> output.writeVarInt(id, true));
    }

    private static List<Integer> readIds(Input input) {
        int count = count(input);
        List<Integer> ids = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            ids.add(input.readVarInt(true));
        }
        return ids;
    }

    private static int count(Input input) {
        int count = input.readVarInt(true);
        if (count < 0 || count > IDS_MAX) {
            throw new KryoException("a list cannot be so long: count=" + count);
        }
        return count;
    }
}
