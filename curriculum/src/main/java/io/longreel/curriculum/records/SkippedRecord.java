package io.longreel.curriculum.records;

/**
 * A record that nobody learns from.
 *
 * @param sample its place among the samples of the step, from 0
 * @param dataset name of its dataset
 * @param record index in it, from 0
 * @param reason one line
 */
public record SkippedRecord(int sample, String dataset, int record, String reason) {}
