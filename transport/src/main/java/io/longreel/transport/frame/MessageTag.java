package io.longreel.transport.frame;

/**
 * Which message this is: both sides derive it from their own program, so that two ranks which run different collectives notice it instead
 * of exchanging the wrong bytes.
 *
 * @param kind the collective
 * @param groupTag the group, as a hash of its members
 * @param operation how many operations this group did before
 */
public record MessageTag(OpKind kind, int groupTag, int operation) {

    @Override
    public String toString() {
        return "%s group=%08x operation=%d".formatted(kind, groupTag, operation);
    }
}
