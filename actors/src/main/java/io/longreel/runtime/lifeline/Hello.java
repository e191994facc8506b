package io.longreel.runtime.lifeline;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Optional;

/**
 * The one line that a worker says on its lifeline:
 *
 * <pre>
 *   longreel-lifeline 1 RUN-TOKEN PROCESS-ID ADDRESS
 * </pre>
 *
 * @param runToken of the run; a lifeline of another run is refused
 * @param processId as the supervisor knows the process
 * @param address of the process as a member of the cluster
 */
public record Hello(long runToken, String processId, String address) {
    static final String ANSWER = "held";
    static final int LENGTH_MAX = 512;

    private static final String START = "longreel-lifeline 1";

    public Hello {
        if (!isWord(processId) || !isWord(address)) {
            throw new IllegalArgumentException(
                    "process id and address must be words: processId=%s address=%s".formatted(processId, address));
        }
    }

    String line() {
        return "%s %s %s %s".formatted(START, HexFormat.of().toHexDigits(runToken), processId, address);
    }

    static Optional<Hello> parse(String line) {
        String[] words = line.split(" ", -1);
        boolean fits = line.length() <= LENGTH_MAX
                && line.startsWith(START + " ")
                && words.length == 5
                && words[2].matches("[0-9a-f]{16}")
                && isWord(words[3])
                && isWord(words[4]);
        return fits
                ? Optional.of(new Hello(HexFormat.fromHexDigitsToLong(words[2]), words[3], words[4]))
                : Optional.empty();
    }

    /** Takes as long for a token that is nearly right as for one that is all wrong. */
    boolean hasToken(long expected) {
        return MessageDigest.isEqual(bytes(runToken), bytes(expected));
    }

    private static byte[] bytes(long token) {
        return HexFormat.of().toHexDigits(token).getBytes(StandardCharsets.US_ASCII);
    }

    private static boolean isWord(String text) {
        return !text.isEmpty() && text.chars().allMatch(c -> c > ' ' && c != 0x7f);
    }

    /** Without the token. */
    @Override
    public String toString() {
        return "process %s at %s".formatted(processId, address);
    }
}
