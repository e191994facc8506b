/**
 * Bytes of actor messages: Kryo with numbered classes. Numbers are only ever appended; a class without a number is
 * refused on both sides. The only package that knows Kryo. Safe for any thread.
 */
@NullMarked
package io.longreel.runtime.serialization;

import org.jspecify.annotations.NullMarked;
