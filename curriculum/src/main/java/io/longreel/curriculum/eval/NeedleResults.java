package io.longreel.curriculum.eval;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.longreel.config.RuntimeFailure;
import io.longreel.model.checkpoint.DurableFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a needle test found: for each cell, how many of its tests were passed. As a file it is
 * {@code {"cells": [{"frames", "depth", "correct", "total"}, ...]}}, depth from 0 to 1, and appears whole or not at all. A run that was stopped
 * reads it and goes on with the cells that are missing. Immutable.
 */
public record NeedleResults(String name, List<Cell> cells) {
    private static final JsonMapper JSON = new JsonMapper();
    private static final double DEPTH_DECIMALS = 1e4;

    /** Passed tests of one cell of the grid. */
    public record Cell(int frames, double depth, int correct, int total) {
        public Cell {
            if (frames < 1 || total < 1 || correct < 0 || correct > total || !(depth >= 0 && depth <= 1)) {
                throw new IllegalArgumentException("cell must count tests: frames=%d depth=%s correct=%d total=%d"
                        .formatted(frames, depth, correct, total));
            }
            depth = Math.round(depth * DEPTH_DECIMALS) / DEPTH_DECIMALS;
        }

        public double accuracy() {
            return (double) correct / total;
        }
    }

    public NeedleResults {
        cells = List.copyOf(cells);
    }

    public static NeedleResults empty(String name) {
        return new NeedleResults(name, List.of());
    }

    /** These results and one more cell. */
    public NeedleResults with(NeedleGrid.Cell tested, int correct) {
        List<Cell> more = new ArrayList<>(cells);
        more.add(new Cell(
                tested.frames(), tested.depth(), correct, tested.digits().size()));
        return new NeedleResults(name, more);
    }

    /** The result of a cell, if it was tested. */
    public Optional<Cell> find(NeedleGrid.Cell tested) {
        Cell wanted =
                new Cell(tested.frames(), tested.depth(), 0, tested.digits().size());
        return cells.stream()
                .filter(cell -> cell.frames() == wanted.frames() && cell.depth() == wanted.depth())
                .findFirst();
    }

    /** Passed tests over all tests; 0 without any. */
    public double accuracy() {
        int total = cells.stream().mapToInt(Cell::total).sum();
        return total == 0 ? 0 : cells.stream().mapToInt(Cell::correct).sum() / (double) total;
    }

    /** Passed tests over all tests with videos of this length; empty when none was tested. */
    public Optional<Double> accuracyAt(int frames) {
        NeedleResults column = new NeedleResults(
                name, cells.stream().filter(cell -> cell.frames() == frames).toList());
        return column.cells.isEmpty() ? Optional.empty() : Optional.of(column.accuracy());
    }

    /** Writes the JSON file, atomically. */
    public void writeJson(Path file) {
        ObjectNode root = JSON.createObjectNode();
        ArrayNode array = root.putArray("cells");
        for (Cell cell : cells) {
            array.addObject()
                    .put("frames", cell.frames())
                    .put("depth", cell.depth())
                    .put("correct", cell.correct())
                    .put("total", cell.total());
        }
        DurableFile.write(file, (root.toPrettyString() + "\n").getBytes(StandardCharsets.UTF_8));
    }

    /** Writes the heat map as PNG, atomically. {@code title} says which model was tested. */
    public void writePng(Path file, String title) {
        DurableFile.write(file, HeatMap.of(this, title).png());
    }

    /** Reads what {@link #writeJson} wrote. */
    public static NeedleResults readJson(String name, Path file) {
        List<Cell> cells = new ArrayList<>();
        try {
            JsonNode array = JSON.readTree(Files.readAllBytes(file)).path("cells");
            if (!array.isArray()) {
                throw damaged(file, "no list of cells");
            }
            for (JsonNode node : array) {
                cells.add(new Cell(
                        node.path("frames").asInt(),
                        node.path("depth").asDouble(Double.NaN),
                        node.path("correct").asInt(-1),
                        node.path("total").asInt()));
            }
        } catch (JsonProcessingException e) {
            throw damaged(file, e.getOriginalMessage());
        } catch (IOException e) {
            throw damaged(file, String.valueOf(e.getMessage()));
        } catch (IllegalArgumentException e) {
            throw damaged(file, String.valueOf(e.getMessage()));
        }
        return new NeedleResults(name, cells);
    }

    private static RuntimeFailure damaged(Path file, String reason) {
        return RuntimeFailure.data(
                "needle results %s cannot be read (%s); delete the file to test again".formatted(file, reason));
    }
}
