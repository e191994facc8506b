package io.longreel.curriculum.corpus;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.longreel.curriculum.corpus.TarIndex.Kind;
import io.longreel.curriculum.corpus.TarIndex.Member;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Records of a WebDataset shard. A {@code .json} member is a conversation, or an object with a {@code text}; a {@code .txt} member is a text.
 * A text beside media is their caption, the answer to an empty question; a text alone is a document. Media stay where they are: they become
 * byte ranges of the shard, in its order.
 */
final class TarShard implements Shard {
    private static final int TEXT_BYTES_MAX = Integer.MAX_VALUE - 16;

    private final FileBytes file;
    private final TarIndex index;

    private TarShard(FileBytes file, TarIndex index) {
        this.file = file;
        this.index = index;
    }

    static TarShard of(Path path) {
        return new TarShard(FileBytes.of(path), TarIndex.of(path));
    }

    @Override
    public int size() {
        return index.records();
    }

    @Override
    public DataRecord read(int record) {
        String key = index.key(record);
        Place place = new Place(file.file(), () -> "record %d (%s)".formatted(record, key));
        List<Member> members = index.members(record);
        List<Medium> media = media(members);
        Optional<ObjectNode> json =
                first(members, Kind.JSON).map(member -> JsonShard.parse(bytes(member, place), place));
        String id = json.map(object -> JsonShard.id(object, key, place)).orElse(key);
        if (json.isPresent() && ConversationReader.hasTurns(json.get())) {
            return ConversationReader.withMedia(json.get(), id, media, place);
        }
        String text = first(members, Kind.TEXT)
                .map(member -> FileBytes.decode(bytes(member, place), place))
                .or(() -> json.map(object -> object.path("text").textValue()))
                .orElseThrow(
                        () -> place.damaged(
                                "must have a .json member with conversations or a text, or a .txt member; add it or leave the record out by a subset"));
        return media.isEmpty()
                ? new DataRecord.Text(id, text)
                : new DataRecord.Conversation(id, media, ConversationReader.exchange("", text));
    }

    private List<Medium> media(List<Member> members) {
        List<Medium> media = new ArrayList<>();
        for (Member member : members) {
            switch (member.kind()) {
                case IMAGE -> media.add(new Medium(Medium.Kind.IMAGE, file.file(), member.offset(), member.length()));
                case VIDEO -> media.add(new Medium(Medium.Kind.VIDEO, file.file(), member.offset(), member.length()));
                case JSON, TEXT -> {}
            }
        }
        return media;
    }

    private static Optional<Member> first(List<Member> members, Kind kind) {
        return members.stream().filter(member -> member.kind() == kind).findFirst();
    }

    private byte[] bytes(Member member, Place place) {
        if (member.length() > TEXT_BYTES_MAX) {
            throw place.damaged("a text must be shorter than 2 GiB, and has %d bytes; leave the record out by a subset"
                    .formatted(member.length()));
        }
        return file.read(member.offset(), (int) member.length());
    }
}
