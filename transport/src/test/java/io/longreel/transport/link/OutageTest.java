package io.longreel.transport.link;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class OutageTest {
    private final Outage outage = new Outage();
    private final List<String> told = new ArrayList<>();

    @Test
    void shouldTellTheFirstReasonOnceWhenSeveralAreReported() {
        outage.whenReported(told::add);
        assertNull(outage.reason());
        outage.report("driver died");
        outage.report("client timed out");
        assertEquals(List.of("data transport of this process is lost: driver died"), told);
        assertEquals(told.getFirst(), outage.reason());
    }

    @Test
    void shouldTellAtOnceWhenItWasReportedBefore() {
        outage.report("driver died");
        outage.whenReported(told::add);
        assertEquals(1, told.size());
    }
}
