package io.longreel.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class GroupSitesTest {

    @Test
    void shouldSpreadRelaysWhenNodesHaveSeveralMembers() {
        GroupSites sites = new GroupSites(List.of("x", "x", "y", "y"));
        assertTrue(sites.together(2, 3));
        assertFalse(sites.together(1, 2));
        assertEquals(2, sites.relay(0, 2));
        assertEquals(2, sites.relay(0, 3));
        assertEquals(3, sites.relay(1, 2));
        assertEquals(0, sites.relay(2, 1));
        assertEquals(1, sites.relay(3, 0));
    }

    @Test
    void shouldNameAMemberOfThatNodeWhenNodesAreUnevenAndInterleaved() {
        List<String> nodes = List.of("z", "a", "z", "b", "a", "z");
        GroupSites sites = new GroupSites(nodes);
        for (int from = 0; from < nodes.size(); from++) {
            for (int member = 0; member < nodes.size(); member++) {
                assertTrue(
                        sites.together(sites.relay(from, member), member), "from=%d member=%d".formatted(from, member));
            }
        }
    }
}
