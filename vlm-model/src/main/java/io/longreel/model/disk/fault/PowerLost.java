package io.longreel.model.disk.fault;

/** The machine of a {@link SimulatedDisk} stopped here: no call of it will work again, whatever a program does in its last {@code finally}. */
public final class PowerLost extends RuntimeException {
    private static final long serialVersionUID = 1L;

    PowerLost(String call) {
        super("power lost at " + call);
    }
}
