package io.longreel.model.attention;

import io.longreel.model.shard.HeadShards;

/** How many rows each member of a Ulysses group brings into an exchange, and which heads it takes. */
interface GroupRows {
    HeadShards heads();

    /** Own place in the group. */
    int ulysses();

    default int ulyssesDegree() {
        return heads().ulyssesDegree();
    }

    /** Query rows of a member. */
    int queryRows(int member);

    /** Key rows of a member. */
    int keyRows(int member);
}
