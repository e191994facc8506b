package io.longreel.transport.frame;

/** These bytes are not a frame as one was sent. Never leaves a link: the link counts it, and fails under its own name. */
public final class DamagedFrame extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public DamagedFrame(String what) {
        super(what);
    }

    /** Never null. */
    @Override
    public String getMessage() {
        return String.valueOf(super.getMessage());
    }
}
