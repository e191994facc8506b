package io.longreel.model.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.longreel.config.topology.Mesh;
import io.longreel.ops.tensor.DType;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a report says of cases that hold and of those that do not. */
class VerificationReportTest {

    @Test
    void shouldNameWhatFailedInTableAndJson() throws Exception {
        ReportBuilder builder = new ReportBuilder(AttentionGrid.representative(1), 1);
        AttentionErrors errors = new AttentionErrors(2e-7, 1e-7, 3e-7, 5e-7, 4e-7);
        builder.attention(
                List.of(result(DType.F32, errors, List.of()), result(DType.BF16, errors, List.of("dk is off"))));
        builder.controls(List.of(new Control("lost keys", "causal", 1, 0, 12, 0)));
        VerificationReport report = builder.build("cpu", 1, false, 2.5);
        assertFalse(report.passed());
        String table = String.join("\n", report.toTable());
        assertTrue(table.contains("FAILED dk is off"), table);
        assertTrue(table.contains("FAILED a mistake made on purpose must be found: lost keys causal"), table);
        assertTrue(table.contains("attention: 1 of 2 cases hold (grid 1, public tests 1)"), table);
        JsonNode json = new ObjectMapper().readTree(report.toJson());
        assertFalse(json.get("passed").booleanValue());
        assertEquals(2, json.get("failures").size());
        JsonNode row = json.get("attention").get(0);
        assertEquals("causal", row.get("mask").textValue());
        assertEquals(5e-7, row.get("f32").get("gradients").doubleValue());
        assertEquals(1.02, row.get("pairsRatio").doubleValue(), 1e-9);
    }

    private static CaseResult result(DType exchange, AttentionErrors errors, List<String> failures) {
        AttentionCase c = new AttentionCase(
                "grid",
                new Mesh(1, 2, 1),
                LayoutCase.ZIGZAG,
                MaskCase.causal(),
                exchange,
                new AttentionShape(4, 1, 1, 8, 8),
                new int[] {4},
                1);
        return new CaseResult(c, errors, 100, 100, 102, 64, 64, 1, false, 1, failures);
    }
}
