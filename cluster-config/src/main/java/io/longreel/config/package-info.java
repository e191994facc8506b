/** What a run is: HOCON read once into typed, validated records. Immutable, so any thread may read them. Depends on nothing of ours. */
@NullMarked
package io.longreel.config;

import org.jspecify.annotations.NullMarked;
