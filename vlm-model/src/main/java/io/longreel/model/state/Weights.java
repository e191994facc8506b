package io.longreel.model.state;

import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the layers see of the weights: each parameter, the gradient that accumulates for it while it trains (none when frozen), and the low-rank
 * adapter on it, if any. Layers ask by name at every use, so a stage transition is a change of these maps and of nothing else.
 *
 * <p>A pass says which unit's weights it needs next ({@link #use}) and between which points the gradients of a unit accumulate
 * ({@link #openGradients}, {@link #closeGradients}): that is where sharded weights are gathered and sharded gradients reduced. Both are collectives of
 * the world, so all ranks make them in the same order ({@link UnitRoute}). Used by the rank's compute thread.
 */
public final class Weights {
    private final Map<String, Tensor> weights;
    private final Source source;
    private final Map<String, Tensor> gradients = new HashMap<>();
    private final Map<String, Adapter> adapters = new HashMap<>();
    private GradientSink sink = GradientSink.RESIDENT;
    private int rounds;
    private @Nullable UnitRoute rehearsed;
    private @Nullable UnitRoute followed;
    private int at;

    /**
     * LoRA on a linear layer (Hu et al.): {@code W x + scale B (A x)}.
     *
     * @param a [rank, in], {@code b} [out, rank]
     * @param dA gradient of {@code a}, {@code dB} of {@code b}
     */
    public record Adapter(Tensor a, Tensor b, float scale, Tensor dA, Tensor dB) {}

    /** Makes the weights of units appear in the tensors that the layers see. */
    public interface Source {
        /** Weights that are always there. */
        Source RESIDENT = new Source() {
            @Override
            public void use(String unit, @Nullable String next) {}

            @Override
            public void require(String parameter) {}

            @Override
            public void invalidate() {}

            @Override
            public void keep(String unit) {}
        };

        /**
         * The weights of {@code unit} are there when this returns.
         *
         * @param next unit that will be used after it, worth fetching ahead; null when unknown
         */
        void use(String unit, @Nullable String next);

        /** The weights of a parameter are in their tensor when this returns. Throws when its unit is not in use. */
        void require(String parameter);

        /** The weights of a parameter as they are kept, BF16; null when they are not kept so, or not as a whole. */
        default @Nullable Tensor narrow(String parameter) {
            return null;
        }

        /** What is kept has changed: nothing that was fetched before is right any more. */
        void invalidate();

        /** The weights of {@code unit}, which are there, have been changed there: keep them. */
        void keep(String unit);
    }

    /** Takes the gradients of units. */
    public interface GradientSink {
        /** Gradients that have a place of their own. */
        GradientSink RESIDENT = new GradientSink() {
            @Override
            public void open(String unit) {}

            @Override
            public void close(String unit) {}
        };

        /** The gradients of {@code unit} accumulate from here on. */
        void open(String unit);

        /** The gradients of {@code unit} are complete for this pass. */
        void close(String unit);
    }

    /** Weights that are whole and always there. */
    public Weights(Parameters parameters) {
        this(views(parameters), Source.RESIDENT);
    }

    /**
     * Weights that appear when they are used.
     *
     * @param views the tensor in which each parameter appears, F32
     */
    public Weights(Map<String, Tensor> views, Source source) {
        this.weights = views;
        this.source = source;
    }

    /** Names of all parameters, in order. */
    public Set<String> names() {
        return weights.keySet();
    }

    public boolean contains(String name) {
        return weights.containsKey(name);
    }

    /** The weights of a parameter of the unit that was used last, or of one that is still there. */
    public Tensor weight(String name) {
        if (rehearsed == null) {
            source.require(name);
        }
        return view(name);
    }

    /**
     * The weights of a parameter for a product: as they are kept, where they are kept in the type that products take, so that nobody widens and narrows
     * them again; else as {@link #weight} gives them.
     *
     * @param type that products take
     */
    public Tensor factor(String name, DType type) {
        Tensor narrow = type == DType.BF16 ? source.narrow(name) : null;
        return narrow == null ? weight(name) : narrow;
    }

    /** The tensor in which a parameter appears, whether its weights are there or not. */
    public Tensor view(String name) {
        Tensor tensor = weights.get(name);
        if (tensor == null) {
            throw new IllegalArgumentException("no such parameter: name=" + name);
        }
        return tensor;
    }

    /** Where the gradient of a parameter accumulates; null when it is frozen. */
    public @Nullable Tensor gradient(String name) {
        return gradients.get(name);
    }

    /** True when any parameter whose name starts with {@code prefix} trains, adapters included. */
    public boolean trains(String prefix) {
        return gradients.keySet().stream().anyMatch(n -> n.startsWith(prefix))
                || adapters.keySet().stream().anyMatch(n -> n.startsWith(prefix));
    }

    public @Nullable Adapter adapter(String linearName) {
        return adapters.get(linearName);
    }

    /** The pass needs the weights of a unit now; those of another one may go. */
    public void use(String unit) {
        if (arriveAt(UnitRoute.Kind.USE, unit)) {
            source.use(unit, followed == null ? null : followed.nextUse(at - 1));
        }
    }

    /** The backward pass starts to add to the gradients of a unit. */
    public void openGradients(String unit) {
        if (arriveAt(UnitRoute.Kind.OPEN, unit)) {
            sink.open(unit);
        }
    }

    /** The backward pass adds nothing more to the gradients of a unit. */
    public void closeGradients(String unit) {
        if (arriveAt(UnitRoute.Kind.CLOSE, unit)) {
            sink.close(unit);
        }
    }

    /** To be called when weights were changed where they are kept. */
    public void invalidate() {
        source.invalidate();
    }

    /** To be called when the weights of a unit in use were changed through their tensors, equally on all ranks. */
    public void keep(String unit) {
        source.keep(unit);
    }

    /** Rounds in which frames are encoded: as many as the rank with most has, when rounds are collectives. */
    public int rounds(int own) {
        return Math.max(own, rounds);
    }

    /** Sets what {@link #rounds} gives at least, equal on all ranks. */
    public void agreeRounds(int newRounds) {
        rounds = newRounds;
    }

    /** Runs {@code pass} without weights or exchanges, and writes down its route. */
    public UnitRoute rehearse(Runnable pass) {
        UnitRoute route = new UnitRoute();
        rehearsed = route;
        try {
            pass.run();
        } finally {
            rehearsed = null;
        }
        return route;
    }

    /** The next pass goes this way, until {@link #arrive}. */
    public void follow(UnitRoute route) {
        followed = route;
        at = 0;
    }

    /** The pass is over. */
    public void arrive() {
        UnitRoute route = followed;
        followed = null;
        if (route == null || at != route.stops().size()) {
            throw new IllegalStateException("a pass must go its whole route: at=%d route=%s".formatted(at, route));
        }
    }

    /** Goes a route without computing: takes part in every exchange and adds nothing. */
    public void walk(UnitRoute route) {
        follow(route);
        for (UnitRoute.Stop stop : route.stops()) {
            switch (stop.kind()) {
                case USE -> use(stop.unit());
                case OPEN -> openGradients(stop.unit());
                case CLOSE -> closeGradients(stop.unit());
            }
        }
        arrive();
    }

    public void attachGradient(String name, Tensor gradient) {
        gradients.put(name, gradient);
    }

    public void attachAdapter(String linearName, Adapter adapter) {
        adapters.put(linearName, adapter);
    }

    public void attachSink(GradientSink newSink) {
        sink = newSink;
    }

    /** Freezes everything: no gradient, no adapter. */
    public void detachAll() {
        gradients.clear();
        adapters.clear();
        sink = GradientSink.RESIDENT;
    }

    /** False while rehearsing. */
    private boolean arriveAt(UnitRoute.Kind kind, String unit) {
        if (rehearsed != null) {
            rehearsed.add(kind, unit);
            return false;
        }
        UnitRoute route = followed;
        if (route != null) {
            UnitRoute.Stop stop = new UnitRoute.Stop(kind, unit);
            if (at == route.stops().size() || !route.stops().get(at).equals(stop)) {
                throw new IllegalStateException(
                        "a pass must go its planned route: stop=%s at=%d route=%s".formatted(stop, at, route));
            }
            at++;
        }
        return true;
    }

    private static Map<String, Tensor> views(Parameters parameters) {
        Map<String, Tensor> views = new LinkedHashMap<>();
        parameters.names().forEach(name -> views.put(name, parameters.tensor(name)));
        return views;
    }
}
