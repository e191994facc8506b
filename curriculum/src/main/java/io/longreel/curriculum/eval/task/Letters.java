package io.longreel.curriculum.eval.task;

/** What options are called: {@code A} the first. Pure. */
final class Letters {
    static final int MAX = 26;

    private Letters() {}

    static String of(int index) {
        return String.valueOf((char) ('A' + index));
    }

    static int index(String letter) {
        return letter.charAt(0) - 'A';
    }
}
