package io.longreel.transport.frame;

/** The collective that a message belongs to. The code is what stands on the wire: append, never renumber. */
public enum OpKind {
    ALL_TO_ALL(1),
    SEND_RECEIVE(2),
    ALL_GATHER(3),
    REDUCE_SCATTER(4),
    ALL_REDUCE(5),
    BARRIER(6);

    private static final OpKind[] BY_CODE = {
        null, ALL_TO_ALL, SEND_RECEIVE, ALL_GATHER, REDUCE_SCATTER, ALL_REDUCE, BARRIER
    };

    private final int code;

    OpKind(int code) {
        this.code = code;
    }

    public int code() {
        return code;
    }

    static OpKind of(int code) {
        if (code < 1 || code >= BY_CODE.length) {
            throw new DamagedFrame("frame names an unknown operation: operation=" + code);
        }
        return BY_CODE[code];
    }
}
