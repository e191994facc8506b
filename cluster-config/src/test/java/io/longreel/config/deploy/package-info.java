/** Tests of what {@code cluster-config/deploy} has for clusters: files that no compiler sees. */
@NullMarked
package io.longreel.config.deploy;

import org.jspecify.annotations.NullMarked;
