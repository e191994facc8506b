/** Nodes, ranks and the mesh: pure arithmetic that every other module asks instead of computing it again. Immutable; no I/O. */
@NullMarked
package io.longreel.config.topology;

import org.jspecify.annotations.NullMarked;
