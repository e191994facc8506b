/**
 * A run that trains, over HTTP: whether it is well, its numbers for Prometheus, and what a browser draws. Draws from news, decides nothing, and changes
 * nothing: a client that is slow or gone never holds a run up. The recorder's thread brings news, each request has a virtual thread.
 */
@NullMarked
package io.longreel.runtime.web;

import org.jspecify.annotations.NullMarked;
