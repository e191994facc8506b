package io.longreel.model;

import java.util.List;

/**
 * What became of a rank's own frames in a step.
 *
 * @param encoded by the vision tower
 * @param reused from what a frozen tower had made of them before
 */
public record FrameUse(long encoded, long reused) {
    /** No frames. */
    public static final FrameUse NONE = new FrameUse(0, 0);

    static FrameUse of(List<FrameEncoding> encodings) {
        return new FrameUse(
                encodings.stream()
                        .mapToLong(encoding -> encoding.fresh().length)
                        .sum(),
                encodings.stream().mapToLong(FrameEncoding::reused).sum());
    }
}
