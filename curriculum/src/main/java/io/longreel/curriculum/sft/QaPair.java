package io.longreel.curriculum.sft;

/** A question about a video and its answer. */
public record QaPair(QuestionKind kind, String question, String answer) {}
