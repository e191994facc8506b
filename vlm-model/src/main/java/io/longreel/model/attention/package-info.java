/** 2D attention: all-to-all over heads inside a node, a ring of K/V across nodes, log-sum-exp merge in a fixed order. Used by a rank's compute thread; communicates. */
@NullMarked
package io.longreel.model.attention;

import org.jspecify.annotations.NullMarked;
