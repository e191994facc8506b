/** What the tests of the kernels share: tensors with seeded contents, and comparisons that print the seed. */
@NullMarked
package io.longreel.ops;

import org.jspecify.annotations.NullMarked;
