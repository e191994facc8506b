package io.longreel.runtime.dashboard;

import io.longreel.runtime.supervisor.RunNews;
import java.util.Locale;
import java.util.Optional;

/** What happens to the ranks of a job that serves, as lines for the screen. */
public final class ServingLine {
    private ServingLine() {}

    /** Empty for what is nobody's concern. */
    public static Optional<String> of(RunNews news) {
        return switch (news) {
            case RunNews.NodesJoined joined ->
                Optional.of("%d of %d nodes are there".formatted(joined.ready(), joined.wanted()));
            case RunNews.Serving serving -> Optional.of("%d ranks are ready".formatted(serving.worldSize()));
            case RunNews.Recovered recovered ->
                Optional.of(String.format(Locale.ROOT, "recovered in %.1f s", recovered.tookMs() / 1000.0));
            case RunNews.Placed placed ->
                placed.isSmaller()
                        ? Optional.of("the ranks go on as a smaller mesh, " + placed.mesh())
                        : Optional.empty();
            case RunNews.Trouble trouble -> Optional.of(TroubleLine.of(trouble));
            default -> Optional.empty();
        };
    }
}
