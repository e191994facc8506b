/**
 * A disk in memory that fails as disks do: it stops at any call, loses what was not synced, tears what was being written, is full, read-only or
 * broken. For tests and simulations of any module; nothing that trains uses it. Any thread; the same seed and calls give the same disk.
 */
@NullMarked
package io.longreel.model.disk.fault;

import org.jspecify.annotations.NullMarked;
