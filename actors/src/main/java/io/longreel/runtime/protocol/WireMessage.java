package io.longreel.runtime.protocol;

/**
 * A message that may leave its process. The serializer is bound to this type, and every record of it has a number in
 * its registry.
 */
public interface WireMessage {}
