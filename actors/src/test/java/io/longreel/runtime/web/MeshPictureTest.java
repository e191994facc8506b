package io.longreel.runtime.web;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.longreel.config.topology.Mesh;
import io.longreel.runtime.metrics.News;
import io.longreel.runtime.supervisor.RunNews;
import io.longreel.runtime.web.MeshPicture.RankState;
import java.util.List;
import org.junit.jupiter.api.Test;

class MeshPictureTest {
    private static final Mesh MESH = new Mesh(1, 2, 2);
    private static final List<String> NODES = List.of("a", "a", "b", "b");

    private final MeshPicture picture = new MeshPicture(MESH);

    private List<RankState> states(RunNews... news) {
        for (RunNews one : news) {
            picture.learn(one);
        }
        return picture.view().states();
    }

    @Test
    void shouldKnowTheMeshAndNoPlacesBeforeRanksHaveSome() {
        assertEquals(new MeshPicture.View(MESH, List.of(), List.of(), List.of()), picture.view());
        assertEquals(List.of(), states(new RunNews.NodeLost("a", "killed")));
    }

    @Test
    void shouldFollowRanksFromTheirPlacesThroughAFaultToOtherPlaces() {
        RankState on = RankState.WORKING;
        RankState off = RankState.STOPPED;
        RankState lost = RankState.LOST;
        picture.learn(new RunNews.RanksConnecting(MESH, NODES, List.of("c")));
        assertEquals(RankState.CONNECTING, picture.view().states().getFirst());
        assertEquals(List.of("c"), picture.view().spareIds());
        assertEquals(List.of(on, on, on, on), states(News.begun()));
        assertEquals(
                List.of(on, on, on, RankState.SLOW), states(new RunNews.StragglerFound(3, "b", 0.4), News.step(1)));
        assertEquals(
                List.of(off, off, lost, lost),
                states(new RunNews.NodeLost("b", "killed"), new RunNews.RecoveryStarted(2, "b is lost", false)));
        assertEquals(
                List.of(on, on, on, on),
                states(new RunNews.RanksConnecting(MESH, List.of("a", "a", "c", "c"), List.of()), News.begun()),
                "nobody is slow in new places");
        assertEquals(List.of(), picture.view().spareIds());
        picture.learn(new RunNews.SpareReady("d"));
        picture.learn(new RunNews.SpareReady("e"));
        picture.learn(new RunNews.NodeLost("d", "killed"));
        assertEquals(List.of("e"), picture.view().spareIds());
    }
}
