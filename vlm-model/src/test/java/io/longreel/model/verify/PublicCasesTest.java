package io.longreel.model.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Groups whose cases differ in mesh and layout only, none empty, none too large, none impossible. */
class PublicCasesTest {

    @Test
    void shouldShareInputsWithinAGroup() {
        List<List<AttentionCase>> groups = PublicCases.all();
        assertTrue(groups.size() > 100, () -> "groups=" + groups.size());
        for (List<AttentionCase> group : groups) {
            assertFalse(group.isEmpty());
            AttentionCase first = group.getFirst();
            for (AttentionCase c : group) {
                assertEquals(first.shape(), c.shape());
                assertEquals(first.seed(), c.seed());
                assertEquals(first.mask(), c.mask());
                assertEquals(first.exchange(), c.exchange());
                assertTrue(Arrays.equals(first.documents(), c.documents()));
                assertTrue(c.mesh().ulyssesDegree() <= c.shape().heads(), c.toString());
                double work = c.mask().estimatedPairs(c.documents())
                        * c.shape().heads()
                        * c.shape().keyDim();
                assertTrue(c.shape().elementsMax() <= 3 << 19, c.toString());
                assertTrue(work <= 1e9 || c.shape().keyDim() <= 8, c.toString());
            }
        }
    }
}
