package io.longreel.curriculum.chat;

/**
 * How an engine stands, as of its last turn: for operators, and for tests that must see that nothing is left over.
 *
 * @param generation of the ranks that are there, or were there last; 0 = there were none yet
 * @param isUp whether ranks are there
 * @param open questions that are not over
 * @param answering of these, how many the ranks work on; the others wait, or are over as soon as the ranks' tick is
 * @param pages of each rank's cache
 * @param busyPages of these, how many belong to questions that the ranks work on; what is left of earlier ones counts as free
 */
public record ServiceFacts(long generation, boolean isUp, int open, int answering, int pages, int busyPages) {}
