package io.longreel.runtime.rank;

import io.longreel.runtime.protocol.RankCommand;
import io.longreel.runtime.protocol.RankReport;

/** What the shell of a rank does for its core, in the order of the list. */
public sealed interface RankEffect {
    /** To the supervisor. */
    record Say(RankReport report) implements RankEffect {}

    /** To the compute thread, behind what it was given before. */
    record Submit(RankCommand.FromSupervisor command) implements RankEffect {}

    /** The rank ends: its waits end at once, its thread as soon as it can. */
    record Stop(String reason) implements RankEffect {}

    /** Something for the log that changes nothing. */
    record Note(String text) implements RankEffect {}
}
