package io.longreel.curriculum.corpus;

/** The records of one file. Safe for use by several threads: whoever reads opens the file, so that many shards need few descriptors. */
interface Shard {
    int size();

    DataRecord read(int index);
}
