package io.longreel.curriculum.corpus;

/** What a token id may be in a file; how many ids the vocabulary has is not known here. Pure. */
final class TokenIds {
    static final String EXPECTED = "a token id, 0 to 2147483647";

    private TokenIds() {}

    static int require(long id, String column, int position, Place place) {
        if (id < 0 || id > Integer.MAX_VALUE) {
            throw place.field("%s[%d]".formatted(column, position), EXPECTED + ", and is " + id);
        }
        return (int) id;
    }
}
