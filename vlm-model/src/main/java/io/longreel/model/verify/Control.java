package io.longreel.model.verify;

/**
 * Something wrong that a check was given, and whether it noticed.
 *
 * @param name what is wrong
 * @param subject under which mask, or on which mesh
 * @param needed in how many trials it had to notice at least
 * @param found trials in which the check noticed
 * @param trials how often it was tried; under some masks and packings a mistake changes nothing
 * @param wrongRows largest share of queries with a wrong set of keys, where that was counted
 */
record Control(String name, String subject, int needed, int found, int trials, double wrongRows) {

    boolean passed() {
        return found >= needed;
    }

    @Override
    public String toString() {
        return "%s %s needed=%d found=%d trials=%d wrongRows=%.1f%%"
                .formatted(name, subject, needed, found, trials, 100 * wrongRows);
    }
}
